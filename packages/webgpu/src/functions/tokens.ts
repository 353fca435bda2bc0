import {
  boolean,
  integer,
  lossOptionNames,
  optionsParser,
  unknown,
} from "@surprisal/core/authoring";
import { type Call, runCall } from "../call.ts";
import type { Context } from "../context.ts";
import { runRows } from "../rowPlan.ts";
import type { TensorRecord } from "../tensor.ts";
import { makeTensor } from "../tensor.ts";
import { openOutput, readEncoder, readInput } from "./arguments.ts";
import { runClassLoss } from "./classLoss.ts";
import { noWeights, readTarget } from "./classTarget.ts";
import { openRows } from "./copies.ts";
import { temperature, temperatureParameters } from "./softmax.ts";

const parseEntropy = /* @__PURE__ */ optionsParser(
  {
    temperature,
    out: unknown<unknown>(),
    encoder: unknown<unknown>(),
  },
  lossOptionNames,
);

const parseLogProbs = /* @__PURE__ */ optionsParser(
  {
    temperature,
    shift: boolean(false),
    ignoreIndex: integer(-100),
    encoder: unknown<unknown>(),
  },
  lossOptionNames,
);

/** Computes the entropy of the next token at each position. */
export function tokenEntropyOf(context: Context, logits: unknown, options: unknown): TensorRecord {
  const functionName = "tokenEntropy";
  const { temperature, out, encoder } = parseEntropy(functionName, options);
  return runCall(functionName, context, readEncoder(functionName, encoder), (call) => {
    const input = readLogits(call, logits);
    const rows = openRows(call, input, input.shape.length - 1);
    const output = openOutput(call, out, rows.layout.shape);
    runRows(call, {
      result: "entropy",
      ...rows,
      buffers: { output: output.gpuBuffer },
      ...atTemperature(temperature),
    });
    return output;
  });
}

/** Computes the log-probability of each id. */
export function tokenLogProbsOf(
  context: Context,
  logits: unknown,
  ids: unknown,
  options: unknown,
): TensorRecord {
  const functionName = "tokenLogProbs";
  const { temperature, shift, ignoreIndex, encoder } = parseLogProbs(functionName, options);
  return runCall(functionName, context, readEncoder(functionName, encoder), (call) => {
    const given = readLogits(call, logits);
    const axis = given.shape.length - 1;
    const length = given.shape.at(-2);
    if (shift && length === undefined) {
      throw new RangeError(`${functionName}: shift needs logits of shape [T, V] or […, T, V].`);
    }
    const { input, layout } = openRows(call, given, axis);
    const { variant, parameters } = atTemperature(temperature);
    const target = readTarget(call, ids, {
      name: "ids",
      input,
      layout,
      axis,
      ignoreIndex,
      sampleWeight: noWeights,
      skipMasked: false,
      allowProbabilities: false,
    });
    const { value } = runClassLoss(
      call,
      {
        input,
        layout,
        target,
        weight: undefined,
        sampleWeight: noWeights,
        reduction: "none",
        labelSmoothing: 0,
        skipMasked: false,
        whenEmpty: "nan",
        zLoss: 0,
        shape: layout.shape,
        variant,
        parameters: {
          ...parameters,
          signBit: 0x80000000,
          shiftPeriod: shift ? (length as number) : 0,
        },
      },
      undefined,
      undefined,
    );
    return shift ? withoutLast(value, call.failure) : value;
  });
}

/** Returns a view of a tensor without the last position of each text, which has no next id. */
export function withoutLast(
  tensor: TensorRecord,
  failure: Promise<Error | undefined>,
): TensorRecord {
  const { context, gpuBuffer: buffer, strides, check } = tensor;
  const shape = [...tensor.shape];
  shape[shape.length - 1] = Math.max(0, shape[shape.length - 1] - 1);
  return makeTensor(context, {
    buffer,
    shape,
    strides,
    ownsBuffer: false,
    base: tensor,
    failure,
    check,
  });
}

/** Returns how a kernel divides logits by a temperature. */
export function atTemperature(temperature: number) {
  return temperature === 1
    ? { variant: {}, parameters: {} }
    : {
        variant: { transform: "temperature" as const },
        parameters: temperatureParameters(temperature),
      };
}

export function readLogits(call: Call, logits: unknown): TensorRecord {
  const input = readInput(call, "logits", logits);
  if (input.shape.length === 0) {
    throw new RangeError(
      `${call.functionName}: logits must have shape [V], [T, V] or […, V], got [].`,
    );
  }
  if (input.shape.at(-1) !== 0) return input;
  throw new RangeError(`${call.functionName}: logits must have at least one logit per row, got 0.`);
}
