import { boolean, integer, optionsParser, resolveAxis, unknown } from "@surprisal/core/authoring";
import { axisLayout } from "../axisLayout.ts";
import { runCall } from "../call.ts";
import type { Context } from "../context.ts";
import { runRows } from "../rowPlan.ts";
import type { TensorRecord } from "../tensor.ts";
import { type CallOptions, openOutput, readEncoder, readInput } from "./arguments.ts";

/** Options of `logSumExp`. */
export interface GpuLogSumExpOptions extends CallOptions {
  /**
   * The axis that is summed; negative counts from the end.
   *
   * @defaultValue -1
   */
  axis?: number | undefined;
  /**
   * Whether the axis stays in the shape, with size 1.
   *
   * @defaultValue false
   */
  keepDims?: boolean | undefined;
}

const parse = /* @__PURE__ */ optionsParser({
  axis: integer(-1),
  keepDims: boolean(false),
  out: unknown<unknown>(),
  encoder: unknown<unknown>(),
});

/** Computes the logarithm of the sum of the exponentials along an axis. */
export function logSumExpOf(context: Context, value: unknown, options: unknown): TensorRecord {
  const functionName = "logSumExp";
  const { axis, keepDims, out, encoder } = parse(functionName, options);
  const input = readInput(functionName, "input", context, value);
  const summed = resolveAxis(functionName, axis, input.shape);
  const layout = axisLayout(`${functionName}: input`, input, summed);
  const shape = keepDims ? input.shape.map((size, i) => (i === summed ? 1 : size)) : layout.shape;
  return runCall(functionName, context, readEncoder(functionName, encoder), (call) => {
    const output = openOutput(call, out, shape, [input]);
    runRows(call, {
      result: "logSumExp",
      input,
      layout,
      buffers: { output: output.gpuBuffer },
      variant: {},
      parameters: {},
    });
    return output;
  });
}
