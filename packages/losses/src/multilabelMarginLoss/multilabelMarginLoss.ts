import type { FloatInput } from "@surprisal/core";
import { formatShape, type KernelArray, sameShape } from "@surprisal/core/authoring";
import type { Loss, LossOptions, RowBlock } from "../define/defineLoss.ts";
import { rowLoss } from "../define/rowLoss.ts";

/** Options of `multilabelMarginLoss`. */
export interface MultilabelMarginLossOptions extends LossOptions {
  /**
   * The axis of the vectors; negative counts from the end.
   *
   * @defaultValue -1
   */
  axis?: number | undefined;
}

/**
 * Computes the hinge loss of rows with several labels: each label should have a higher score than every
 * other class, by 1.
 *
 * The target of a row lists its labels, and ends with −1.
 *
 * ℓ = Σⱼ Σᵢ max(0, 1 − (xⱼ − xᵢ)) / C, over the labels j and all other classes i; ∂ℓ/∂xⱼ = −1 / C and
 * ∂ℓ/∂xᵢ = 1 / C for each pair of a loss above 0
 *
 * @param input scores of shape [C], [N, C] or […, C].
 * @param target class indices of the same shape: the labels of each row, then −1. Entries after the first
 * −1 do not count.
 * @param options reduction, axis, sampleWeight, out; in `valueAndGrad` also gradOutput.
 * @returns the loss: a number, or with `reduction: "none"` one per vector.
 * @throws TypeError if an argument or option is of the wrong kind, or an option is unknown.
 * @throws RangeError if shapes do not fit, or a label is not a class.
 *
 * @example
 * ```ts
 * import { multilabelMarginLoss } from "@surprisal/losses";
 *
 * multilabelMarginLoss([0.1, 0.2, 0.4, 0.8], [3, 0, -1, 1]); // 0.850…
 * multilabelMarginLoss.valueAndGrad([0.1, 0.2, 0.4, 0.8], [3, 0, -1, 1]).grad; // [-0.5, 0.5, 0.5, -0.5]
 * ```
 *
 * Source: `torch.nn.functional.multilabel_margin_loss`.
 */
export const multilabelMarginLoss: Loss<[target: FloatInput], MultilabelMarginLossOptions, "row"> =
  /* @__PURE__ */ rowLoss<MultilabelMarginLossOptions, [target: FloatInput]>({
    kind: "row",
    name: "multilabelMarginLoss",
    arguments: { input: "vector", target: "vector" },
    differentiable: ["input"],
    formula(_, { functionName, shapes: { input, target } }) {
      checkSameShape(functionName, input, target);
      return { block: (block, scores, labels) => storeRows(functionName, block, scores, labels) };
    },
  });

/** Throws unless each row has its own labels. They are not broadcast. */
function checkSameShape(
  functionName: string,
  input: readonly number[],
  target: readonly number[],
): void {
  if (sameShape(target, input)) return;
  throw new RangeError(
    `${functionName}: target must have the input's shape ${formatShape(input)}, got ${formatShape(target)}.`,
  );
}

/** Computes the rows of a block. */
function storeRows(
  functionName: string,
  { firstRow, rows, size, losses, gradients }: RowBlock,
  input: KernelArray,
  target: KernelArray,
): void {
  const isLabel = new Uint8Array(size);
  for (let r = 0; r < rows; r++) {
    const start = r * size;
    const labels = countLabels(functionName, target, start, size, firstRow + r);
    isLabel.fill(0);
    for (let k = start; k < start + labels; k++) isLabel[target[k]] = 1;
    let sum = 0;
    for (let k = start; k < start + labels; k++) {
      sum += addPairs(input, start, size, target[k], isLabel, gradients?.input);
    }
    losses[r] = size === 0 ? Number.NaN : sum / size;
  }
}

/** Returns the number of labels of a row: those before the first −1. Throws if one is no class. */
function countLabels(
  functionName: string,
  target: KernelArray,
  start: number,
  size: number,
  row: number,
): number {
  for (let j = 0; j < size; j++) {
    const label = target[start + j];
    if (label === -1) return j;
    if (Number.isInteger(label) && label >= 0 && label < size) continue;
    throw new RangeError(
      `${functionName}: target must hold class indices from 0 to ${size - 1}, and −1 after the last label of a row, got ${label} at row ${row}.`,
    );
  }
  return size;
}

/** Returns the losses of one label with all classes that are no labels, and adds their derivatives. */
function addPairs(
  input: KernelArray,
  start: number,
  size: number,
  label: number,
  isLabel: Uint8Array,
  gradient: KernelArray | undefined,
): number {
  let sum = 0;
  for (let i = 0; i < size; i++) {
    if (isLabel[i] === 1) continue;
    const loss = 1 - input[start + label] + input[start + i];
    if (loss <= 0) continue;
    sum += loss;
    if (gradient === undefined) continue;
    gradient[start + label] -= 1 / size;
    gradient[start + i] += 1 / size;
  }
  return sum;
}
