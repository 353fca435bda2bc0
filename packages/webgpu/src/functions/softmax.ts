import {
  integer,
  numeric,
  optionsParser,
  picklist,
  resolveAxis,
  unknown,
} from "@surprisal/core/authoring";
import { axisLayout } from "../axisLayout.ts";
import { runCall } from "../call.ts";
import type { Context } from "../context.ts";
import { runRows } from "../rowPlan.ts";
import type { TensorRecord } from "../tensor.ts";
import { type CallOptions, openOutput, readEncoder, readInput } from "./arguments.ts";

/** Options of `softmax` and `logSoftmax`. */
export interface GpuSoftmaxOptions extends CallOptions {
  /**
   * The axis of the classes; negative counts from the end.
   *
   * @defaultValue -1
   */
  axis?: number | undefined;
  /**
   * The number that divides the logits, finite and above 0.
   *
   * @defaultValue 1
   */
  temperature?: number | undefined;
  /**
   * The result of a row in which every logit is −∞: NaN, as in PyTorch, or zeros.
   *
   * @defaultValue "nan"
   */
  whenEmpty?: "nan" | "zero" | undefined;
}

export const temperature = numeric(1, "a finite number above 0", (t) => t > 0 && t < Infinity);

const parse = /* @__PURE__ */ optionsParser({
  axis: integer(-1),
  temperature,
  whenEmpty: picklist("nan", "zero"),
  out: unknown<unknown>(),
  encoder: unknown<unknown>(),
});

/** Computes softmax or logSoftmax. */
export function softmaxOf(
  functionName: "softmax" | "logSoftmax",
  context: Context,
  logits: unknown,
  options: unknown,
): TensorRecord {
  const { axis, temperature, whenEmpty, out, encoder } = parse(functionName, options);
  const input = readInput(functionName, "input", context, logits);
  const layout = axisLayout(
    `${functionName}: input`,
    input,
    resolveAxis(functionName, axis, input.shape),
  );
  return runCall(functionName, context, readEncoder(functionName, encoder), (call) => {
    const output = openOutput(call, out, input.shape, [input]);
    runRows(call, {
      result: functionName,
      input,
      layout,
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
