import type { Layout } from "../../arrays/layout.ts";
import { backward } from "../../generated/backward.ts";
import { tryLink } from "../backend.ts";
import { copyIn, copyOut, forEachBlock, isColumnwise, stagedRowStride } from "../blocks.ts";
import { maxBlockRows, stagingLength } from "../limits.ts";
import {
  type Instance,
  type InstructionSet,
  instanceOwning,
  linkExports,
  stagingInstance,
} from "./instance.ts";

/** The values of `BackwardOp` in `assembly/backward.ts`. */
export const backwardOp = { softmax: 0, logSoftmax: 1 };

/** The functions that the compiled backward kernels export. Arrays are byte addresses. */
interface Exports {
  contiguousRowsBackward(
    op: number,
    g: number,
    y: number,
    out: number,
    rows: number,
    size: number,
  ): void;
  stridedRowsBackward(
    op: number,
    g: number,
    y: number,
    out: number,
    outer: number,
    size: number,
    inner: number,
    stride: number,
  ): void;
  // A row in pieces.
  sumBackward(op: number, g: number, y: number, size: number): number;
  applyBackward(op: number, g: number, y: number, out: number, size: number, sum: number): void;
}

/** One call of a backward kernel. */
export interface BackwardCall {
  readonly op: number;
  readonly g: Float32Array;
  readonly y: Float32Array;
  readonly out: Float32Array;
  readonly layout: Layout;
}

/** The staging buffer holds two inputs, each in its half. */
const halfLength = stagingLength / 2;

/** Computes in place where possible, else in the staging buffer. Returns whether it could. */
export function runBackward(instructionSet: InstructionSet, call: BackwardCall): boolean {
  const { g, y, out, layout } = call;
  if (layout.inner > 1 && !isColumnwise(layout)) return false;
  const owner = instanceOwning(instructionSet, g, y, out);
  const fillsVectors = layout.inner === 1 || layout.inner % 4 === 0;
  const runsInPlace = owner !== undefined && fillsVectors;
  const linked = tryLink(instructionSet, () => {
    const instance = runsInPlace ? owner : stagingInstance(instructionSet);
    return { instance, kernels: linkExports<Exports>(instance, backward) };
  });
  if (linked === undefined) return false;
  const { instance, kernels } = linked;
  if (layout.inner === 1 && layout.size > halfLength)
    longRows(instance, kernels, call, runsInPlace);
  else if (runsInPlace) inPlace(kernels, call);
  else staged(instance, kernels, call);
  return true;
}

function inPlace(kernels: Exports, call: BackwardCall): void {
  const { outer, size, inner } = call.layout;
  const [g, y, out] = [call.g.byteOffset, call.y.byteOffset, call.out.byteOffset];
  if (inner === 1) kernels.contiguousRowsBackward(call.op, g, y, out, outer, size);
  else kernels.stridedRowsBackward(call.op, g, y, out, outer, size, inner, inner);
}

function staged({ staging }: Instance, kernels: Exports, call: BackwardCall): void {
  const { op, g, y, out, layout } = call;
  const { outer, size, inner } = layout;
  const second = staging.subarray(halfLength);
  const [firstHalf, secondHalf] = [staging.byteOffset, second.byteOffset];
  const rows = Math.max(1, Math.min(maxBlockRows, Math.floor(halfLength / size)));
  // Columns are computed in sixteens.
  forEachBlock(layout, 0, outer, inner === 1 ? rows : rows & ~15, (block) => {
    copyIn(g, staging, layout, block);
    copyIn(y, second, layout, block);
    const { slabs, columns } = block;
    const [ofG, ofY, ofOut] = [firstHalf, secondHalf, firstHalf];
    if (inner === 1) kernels.contiguousRowsBackward(op, ofG, ofY, ofOut, slabs, size);
    else {
      const rowStride = stagedRowStride(layout, block);
      kernels.stridedRowsBackward(op, ofG, ofY, ofOut, slabs, size, columns, rowStride);
    }
    copyOut(out, staging, layout, block);
  });
}

/**
 * Computes rows that are longer than half of the staging buffer, piece by piece. Rows in place are cut into the same
 * pieces, so that they have the same bits.
 */
function longRows(instance: Instance, kernels: Exports, call: BackwardCall, inPlace: boolean) {
  const { outer, size } = call.layout;
  for (let row = 0; row < outer; row++) longRow(instance, kernels, call, row * size, inPlace);
}

function longRow(
  { staging }: Instance,
  kernels: Exports,
  call: BackwardCall,
  start: number,
  inPlace: boolean,
): void {
  const { op, g, y, out, layout } = call;
  const firstHalf = staging.byteOffset;
  const forEachPiece = (
    compute: (size: number, g: number, y: number, out: number, offset: number) => void,
  ) => {
    for (let first = 0; first < layout.size; first += halfLength) {
      const size = Math.min(halfLength, layout.size - first);
      const offset = start + first;
      if (inPlace) {
        const [ofG, ofY, ofOut] = [g, y, out].map((array) => array.byteOffset + 4 * offset);
        compute(size, ofG, ofY, ofOut, offset);
        continue;
      }
      staging.set(g.subarray(offset, offset + size));
      staging.set(y.subarray(offset, offset + size), halfLength);
      compute(size, firstHalf, firstHalf + 4 * halfLength, firstHalf, offset);
    }
  };
  // A row of zeros is one that logSoftmax has filled: see `assembly/backward.ts`.
  if (op === backwardOp.logSoftmax && y.subarray(start, start + layout.size).every(isZero)) {
    out.fill(0, start, start + layout.size);
    return;
  }
  let sum = 0;
  forEachPiece((size, ofG, ofY) => {
    sum += kernels.sumBackward(op, ofG, ofY, size);
  });
  forEachPiece((size, ofG, ofY, ofOut, offset) => {
    kernels.applyBackward(op, ofG, ofY, ofOut, size, sum);
    if (!inPlace) out.set(staging.subarray(0, size), offset);
  });
}

function isZero(value: number): boolean {
  return value === 0;
}
