import {
  boolean,
  integer,
  lossOptionNames,
  optionsParser,
  resolveAxis,
  unknown,
} from "@surprisal/core/authoring";
import { runCall } from "../call.ts";
import type { Context } from "../context.ts";
import { runRows } from "../rowPlan.ts";
import type { TensorRecord } from "../tensor.ts";
import { openOutput, readEncoder, readInput } from "./arguments.ts";
import { openRows } from "./copies.ts";

const parse = /* @__PURE__ */ optionsParser(
  {
    axis: integer(-1),
    keepDims: boolean(false),
    out: unknown<unknown>(),
    encoder: unknown<unknown>(),
  },
  lossOptionNames,
);

/** Computes the logarithm of the sum of the exponentials along an axis. */
export function logSumExpOf(context: Context, value: unknown, options: unknown): TensorRecord {
  const functionName = "logSumExp";
  const { axis, keepDims, out, encoder } = parse(functionName, options);
  return runCall(functionName, context, readEncoder(functionName, encoder), (call) => {
    const input = readInput(call, "input", value);
    const summed = resolveAxis(functionName, axis, input.shape);
    const rows = openRows(call, input, summed);
    const { shape } = rows.layout;
    const kept = keepDims ? input.shape.map((size, i) => (i === summed ? 1 : size)) : shape;
    const output = openOutput(call, out, kept);
    runRows(call, {
      result: "logSumExp",
      ...rows,
      buffers: { output: output.gpuBuffer },
      variant: {},
      parameters: {},
    });
    return output;
  });
}
