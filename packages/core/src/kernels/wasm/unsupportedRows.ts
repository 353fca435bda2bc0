import { type Layout, rowOffset } from "../../arrays/layout.ts";
import { crossEntropyRow, loadRow, storeRow } from "../js/rows.ts";
import type { RowData } from "../rowData.ts";

/**
 * Above this upstream gradient, the kernels' float32 does not suffice. Terms are e · 2⁴⁸ with e = exp(x − max),
 * and 0 below 2⁻¹²⁶. So e is lost below 2⁻¹⁷⁴. Times an upstream gradient of at most 2²⁴, it is below 2⁻¹⁵⁰,
 * half of the smallest float.
 */
const maxGradScale = 2 ** 24;

/**
 * Nor does it below this one times the number of classes. Terms are multiplied by the upstream gradient over
 * their sum, which is at most 2^48.5 times the number of classes. The quotient must be a normal float.
 */
const minGradScalePerClass = 2 ** -77;

/**
 * Wraps row data so that the kernels never see an upstream gradient out of range or a target out of bounds,
 * which may have changed after it was checked. JavaScript computes the gradients of these rows beforehand and
 * writes them over those of the kernels.
 */
export function withUnsupportedRows(
  rowData: RowData,
  x: Float32Array,
  layout: Layout,
  out: Float32Array | undefined,
): RowData {
  const { size, inner } = layout;
  let computed: { row: number; gradient: Float64Array }[] = [];
  let outOfBounds: number[] = [];
  return {
    load(first, count, targets, gradScale) {
      rowData.load(first, count, targets, gradScale);
      for (let i = 0; i < count; i++) {
        const row = first + i;
        if (targets[i] >= size) {
          outOfBounds.push(row);
          targets[i] = 0;
          gradScale[i] = Number.NaN;
        }
        const magnitude = Math.abs(gradScale[i]);
        if (magnitude >= minGradScalePerClass * size && magnitude <= maxGradScale) continue;
        if (out === undefined || magnitude === 0 || targets[i] < 0) continue;
        const gradient = new Float64Array(size);
        loadRow(x, rowOffset(row, layout), inner, gradient);
        crossEntropyRow(gradient, new Float64Array(size), 0, size, targets[i], gradScale[i]);
        computed.push({ row, gradient });
        gradScale[i] = 1;
      }
    },
    store(first, count, values) {
      for (const row of outOfBounds) values[row - first] = Number.NaN;
      if (out !== undefined) {
        for (const { row, gradient } of computed) {
          storeRow(gradient, out, rowOffset(row, layout), inner);
        }
      }
      computed = [];
      outOfBounds = [];
      rowData.store(first, count, values);
    },
  };
}
