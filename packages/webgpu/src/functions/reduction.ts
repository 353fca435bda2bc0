import { formatShape, formatValue, readFloats, sameShape } from "@surprisal/core/authoring";
import type { Call } from "../call.ts";
import { toFloat32 } from "../float32.ts";
import { emptyBitsOf, parametersOf, splitPair } from "../parameters.ts";
import { isTensor } from "../tensor.ts";
import { reduceParameters, reduceSumsKernel } from "../wgsl/reduceSums.ts";
import { readTensor } from "./arguments.ts";
import { floatBuffer } from "./copies.ts";

export type Reduction = "mean" | "sum" | "none" | "batchmean";

const modes = { mean: 0, sum: 1, scale: 2 } as const;

/** Adds the kernel that turns the sums of workgroups into a value, or into the factor of the gradients. */
export function reduceSums(
  call: Call,
  sums: GPUBuffer,
  count: number,
  output: GPUBuffer,
  mode: keyof typeof modes,
  divisor: number,
  whenEmpty: "nan" | "zero",
): void {
  const [high, low] = splitPair(divisor);
  const values = {
    zero: 0,
    count,
    mode: modes[mode],
    divisor: high,
    divisorLow: low,
    emptyBits: emptyBitsOf[whenEmpty],
  };
  call.dispatch(reduceSumsKernel, parametersOf(reduceParameters, values), [sums, output], 1);
}

/** The upstream gradient: a number, or one for each loss. */
export type Upstream = { readonly number: number } | { readonly buffer: GPUBuffer };

/** Reads the upstream gradient. */
export function readUpstream(
  call: Call,
  value: unknown,
  reduction: Reduction,
  shape: readonly number[],
): Upstream {
  const { functionName } = call;
  if (value === undefined) return { number: 1 };
  const expected = reduction === "none" ? shape : [];
  const check = (got: readonly number[]) => {
    if (sameShape(got, expected)) return;
    throw new RangeError(
      `${functionName}: gradOutput must be a number${reduction === "none" ? ` or have shape ${formatShape(expected)}, one per loss` : ""}, got shape ${formatShape(got)}.`,
    );
  };
  if (typeof value === "number") return { number: value };
  if (isTensor(value)) {
    if (reduction !== "none") {
      throw new TypeError(
        `${functionName}: gradOutput must be a number with reduction ${formatValue(reduction)}, got a tensor of the GPU.`,
      );
    }
    const tensor = readTensor(call, "gradOutput", value);
    check(tensor.shape);
    return { buffer: floatBuffer(call, tensor, tensor.shape) };
  }
  const label = `${functionName}: gradOutput`;
  const read = readFloats(label, value);
  check(read.shape);
  if (reduction !== "none") return { number: read.data[0] };
  return { buffer: call.upload(toFloat32(label, read.data)) };
}
