import {
  integer,
  lossOptionNames,
  maskNames,
  numeric,
  optionsParser,
  picklist,
  resolveAxis,
  unknown,
} from "@surprisal/core/authoring";
import { runCall } from "../call.ts";
import type { Context } from "../context.ts";
import { runRows } from "../rowPlan.ts";
import type { TensorRecord } from "../tensor.ts";
import { openOutput, readEncoder, readInput } from "./arguments.ts";
import { openRows } from "./copies.ts";

export const temperature = {
  ...numeric(1, "a finite number above 0", (t) => t > 0 && t < Infinity),
  otherNames: /^t(au|emp)?$/,
};

const parse = /* @__PURE__ */ optionsParser(
  {
    axis: integer(-1),
    temperature,
    whenEmpty: picklist("nan", "zero"),
    out: unknown<unknown>(),
    encoder: unknown<unknown>(),
  },
  [...lossOptionNames, ...maskNames],
);

/** Computes softmax or logSoftmax. */
export function softmaxOf(
  functionName: "softmax" | "logSoftmax",
  context: Context,
  logits: unknown,
  options: unknown,
): TensorRecord {
  const { axis, temperature, whenEmpty, out, encoder } = parse(functionName, options);
  return runCall(functionName, context, readEncoder(functionName, encoder), (call) => {
    const input = readInput(call, "input", logits);
    const classAxis = resolveAxis(functionName, axis, input.shape);
    const output = openOutput(call, out, input.shape);
    runRows(call, {
      result: functionName,
      ...openRows(call, input, classAxis),
      buffers: { output: output.gpuBuffer },
      variant: temperature === 1 ? {} : { transform: "temperature" },
      parameters: {
        ...temperatureParameters(temperature),
        ...(whenEmpty === "zero" ? { emptyBits: 0 } : {}),
      },
    });
    return output;
  });
}

/** Returns 1 / temperature as a pair of floats. */
export function temperatureParameters(temperature: number) {
  const inverse = Math.fround(1 / temperature);
  return { scale: temperature, inverse, inverseLow: 1 / temperature - inverse };
}
