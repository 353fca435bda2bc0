import { lossOptionNames, numberError, optionsParser, unknown } from "@surprisal/core/authoring";
import { runCall } from "../call.ts";
import type { Context } from "../context.ts";
import { runRows } from "../rowPlan.ts";
import { emptyTensor, type TensorRecord } from "../tensor.ts";
import { openOutput, readEncoder } from "./arguments.ts";
import { openRows } from "./copies.ts";
import { temperature } from "./softmax.ts";
import { atTemperature, readLogits } from "./tokens.ts";

const parse = /* @__PURE__ */ optionsParser(
  { temperature, encoder: unknown<unknown>() },
  lossOptionNames,
);

/** Finds the k most probable tokens of each position, and their log-probabilities. */
export function topLogProbsOf(
  context: Context,
  logits: unknown,
  k: unknown,
  options: unknown,
): { indices: TensorRecord; logProbs: TensorRecord } {
  const functionName = "topLogProbs";
  const { temperature, encoder } = parse(functionName, options);
  return runCall(functionName, context, readEncoder(functionName, encoder), (call) => {
    const input = readLogits(call, logits);
    const count = readCount(functionName, k, input.shape.at(-1) as number);
    const rows = openRows(call, input, input.shape.length - 1);
    const shape = [...rows.layout.shape, count];
    const logProbs = openOutput(call, undefined, shape);
    const { failure } = call;
    const indices = emptyTensor(functionName, context, shape, "int32", { failure });
    const candidateCount = 2 ** Math.ceil(Math.log2(count));
    const { variant, parameters } = atTemperature(temperature);
    runRows(call, {
      result: "top",
      ...rows,
      buffers: {
        output: logProbs.gpuBuffer,
        indices: indices.gpuBuffer,
        candidates: call.scratch((rows.layout.rows + 1) * candidateCount * 8),
      },
      variant,
      parameters: { ...parameters, k: count, candidateCount },
    });
    return { indices, logProbs };
  });
}

function readCount(functionName: string, k: unknown, vocabulary: number): number {
  if (Number.isSafeInteger(k) && (k as number) >= 1 && (k as number) <= vocabulary) {
    return k as number;
  }
  const range = `from 1 to ${vocabulary}, the size of the vocabulary`;
  throw numberError(`${functionName}: k`, `be a whole number ${range}`, k);
}
