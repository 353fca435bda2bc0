import { type KernelArray, type Layout, rowOffset } from "@surprisal/core/authoring";
import type { BatchResults } from "../define/defineLoss.ts";
import type { computeRows, Mix } from "./evaluateDistillation.ts";

/** The elements of a block of rows that are copied, if a row has no more. */
const blockLength = 1 << 14;

/**
 * Computes rows whose elements are not adjacent, block by block, each copied.
 *
 * @param compute computes adjacent rows.
 */
export function computeStridedRows(
  compute: typeof computeRows,
  x: ArrayLike<number>,
  teacher: ArrayLike<number>,
  layout: Layout,
  mix: Mix,
  { losses, lossScale, gradients }: BatchResults,
): void {
  const { size } = layout;
  const out = gradients?.input;
  const isFloat32 = x instanceof Float32Array && teacher instanceof Float32Array;
  const most = Math.max(1, Math.min(losses.length, Math.floor(blockLength / Math.max(1, size))));
  const [student, other, gradient] = [0, 1, 2].map(() =>
    isFloat32 ? new Float32Array(most * size) : new Float64Array(most * size),
  );
  for (let first = 0; first < losses.length; first += most) {
    const end = Math.min(losses.length, first + most);
    const length = (end - first) * size;
    gatherRows(x, layout, first, end, student);
    gatherRows(teacher, layout, first, end, other);
    compute(
      student.subarray(0, length),
      other.subarray(0, length),
      size,
      { ...mix, labels: mix.labels?.subarray(first, end) },
      {
        losses: losses.subarray(first, end),
        lossScale: lossScale.subarray(first, end),
        gradients: out && { input: gradient.subarray(0, length) },
      },
    );
    if (out !== undefined) scatterRows(gradient, layout, first, end, out);
  }
}

/** Copies rows to a block, one after another. */
function gatherRows(
  from: ArrayLike<number>,
  layout: Layout,
  first: number,
  end: number,
  block: KernelArray,
): void {
  for (let r = first, i = 0; r < end; r++) {
    const start = rowOffset(r, layout);
    for (let j = 0; j < layout.size; j++) block[i++] = from[start + j * layout.inner];
  }
}

/** Copies the rows of a block to their places. */
function scatterRows(
  block: KernelArray,
  layout: Layout,
  first: number,
  end: number,
  out: KernelArray,
): void {
  for (let r = first, i = 0; r < end; r++) {
    const start = rowOffset(r, layout);
    for (let j = 0; j < layout.size; j++) out[start + j * layout.inner] = block[i++];
  }
}
