import type { Call } from "../call.ts";
import { parametersOf } from "../parameters.ts";
import type { TensorRecord } from "../tensor.ts";
import {
  type ProductVariant,
  productKernel,
  productParameters,
  productTile,
} from "../wgsl/matrixProduct.ts";

/** A matrix that is multiplied. */
export interface Operand {
  readonly buffer: GPUBuffer;
  readonly type: "float32" | "float16";
  readonly offset: number;
  readonly stride: number;
  readonly vectors: boolean;
  readonly transposed?: boolean;
}

/** Returns a tensor of rows as a matrix. */
export function operandOf({ gpuBuffer, type, offset }: TensorRecord, depth: number): Operand {
  return {
    buffer: gpuBuffer,
    type: type === "float16" ? "float16" : "float32",
    offset,
    stride: depth,
    vectors: depth % 4 === 0 && offset % 4 === 0,
  };
}

/** Adds the kernel of C = A · B + bias to the call. */
export function multiply(
  call: Call,
  { rows, columns, depth }: { rows: number; columns: number; depth: number },
  a: Operand,
  b: Operand,
  to: { buffer: GPUBuffer; offset: number; stride: number; accumulates: boolean },
  bias?: { buffer: GPUBuffer; offset: number },
  ignored?: { parameters: object; buffers: readonly GPUBuffer[] },
): void {
  const variant: ProductVariant = {
    transposesA: a.transposed === true,
    transposesB: b.transposed === true,
    aType: a.type,
    bType: b.type,
    aVectors: a.vectors,
    bVectors: b.vectors,
    skipsIgnored: ignored !== undefined,
  };
  const zeros = Object.fromEntries(Object.keys(productParameters).map((name) => [name, 0]));
  const values = {
    ...(zeros as Record<keyof typeof productParameters, number>),
    rows,
    columns,
    depth,
    aOffset: a.offset,
    aStride: a.stride,
    bOffset: b.offset,
    bStride: b.stride,
    biasOffset: bias?.offset ?? 0,
    outputOffset: to.offset,
    outputStride: to.stride,
    hasBias: Number(bias !== undefined),
    accumulates: Number(to.accumulates),
    ...ignored?.parameters,
  };
  call.dispatch(
    productKernel(variant),
    parametersOf(productParameters, values),
    [a.buffer, b.buffer, bias?.buffer ?? a.buffer, to.buffer, ...(ignored?.buffers ?? [])],
    Math.ceil(rows / productTile) * Math.ceil(columns / productTile),
  );
}
