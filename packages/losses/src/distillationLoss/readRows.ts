import {
  type ClassIndices,
  copyClassIndices,
  type FloatView,
  type KernelArray,
  type Layout,
  layoutOf,
  resolveAxis,
  rowOffset,
  sumOf,
} from "@surprisal/core/authoring";
import type { BatchCall } from "../define/batchLoss.ts";
import { readWeight } from "../define/classBatch.ts";
import { isEmptyBatch } from "../define/target.ts";

/** The rows of a call of `distillationLoss`, read and checked. */
export interface Rows {
  readonly layout: Layout;
  /** The label of each row, if there are labels. */
  readonly labels: ClassIndices | undefined;
  /**
   * The factor of each row: the weight of its label, or 1 without labels. It is 0 if the row is ignored, or empty with
   * `whenEmpty: "zero"`. Undefined if all factors are 1.
   */
  readonly factors: Float64Array | undefined;
  /** The divisor of the mean, if there are labels. */
  readonly meanDivisor: number | undefined;
}

interface Options {
  readonly axis: number;
  readonly weight: unknown;
  readonly ignoreIndex: number;
  readonly whenEmpty: "nan" | "zero";
}

/** Reads the rows of a call whose shapes are right. */
export function readRows(
  { functionName, arguments: tensors, sampleWeight }: BatchCall,
  { axis: axisOption, weight: weightOption, ignoreIndex, whenEmpty }: Options,
): Rows {
  const { input, teacher, labels: given } = tensors;
  const isEmpty = isEmptyBatch(input as FloatView, given ?? teacher, axisOption);
  const layout = isEmpty
    ? { outer: 0, size: 0, inner: 1 }
    : layoutOf(input.shape, resolveAxis(functionName, axisOption, input.shape));
  if (weightOption !== undefined && given === undefined) {
    throw new RangeError(`${functionName}: weight needs labels, which say the class of each row.`);
  }
  const weight = readWeight(functionName, weightOption, isEmpty ? undefined : layout.size);
  const count = layout.outer * layout.inner;
  const ignored = { ignoreIndex, sampleWeight };
  const labels =
    given && copyClassIndices(`${functionName}: labels`, given.data, count, layout.size, ignored);
  const labelWeights = labels && weightsOfLabels(labels.indices, count, weight);
  const factors = labelWeights ?? sampleWeight?.map((w) => Number(w !== 0));
  return {
    layout,
    labels,
    meanDivisor: labelWeights && sumOfProducts(labelWeights, sampleWeight),
    factors: whenEmpty === "zero" ? withoutEmptyRows([input, teacher], layout, factors) : factors,
  };
}

/** Returns the weight of each label; 0 where it is ignored. */
function weightsOfLabels(
  indices: Int32Array,
  count: number,
  weight: KernelArray | undefined,
): Float64Array {
  const weights = new Float64Array(count);
  for (let r = 0; r < count; r++) {
    const label = indices[r];
    weights[r] = label < 0 ? 0 : weight === undefined ? 1 : weight[label];
  }
  return weights;
}

function sumOfProducts(weights: Float64Array, others: Float64Array | undefined): number {
  return sumOf(
    others === undefined ? weights : weights.map((w, r) => (w === 0 ? 0 : w * others[r])),
  );
}

/** Returns the factors with 0 for each row in which all logits of a model are −∞. */
function withoutEmptyRows(
  models: readonly { readonly data: ArrayLike<number> }[],
  layout: Layout,
  factors: Float64Array | undefined,
): Float64Array {
  const count = layout.outer * layout.inner;
  const result = factors?.slice() ?? new Float64Array(count).fill(1);
  for (let r = 0; r < count; r++) {
    if (models.some(({ data }) => isMasked(data, r, layout))) result[r] = 0;
  }
  return result;
}

/** Returns whether all logits of a row are −∞. */
function isMasked(logits: ArrayLike<number>, row: number, layout: Layout): boolean {
  const start = rowOffset(row, layout);
  const { size, inner } = layout;
  for (let j = 0; j < size; j++) {
    if (logits[start + j * inner] !== Number.NEGATIVE_INFINITY) return false;
  }
  return true;
}
