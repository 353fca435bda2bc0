import { numeric, picklist } from "@surprisal/core/authoring";
import { classLoss } from "../define/classLoss.ts";
import type { ClassFormula, ClassLossOptions, ClassTarget, Loss } from "../define/defineLoss.ts";
import { formulaLoss } from "../define/formulaLoss.ts";

/** Options of `multiMarginLoss`. */
export interface MultiMarginLossOptions extends ClassLossOptions {
  /**
   * The power of the missing part of a class's margin: 1 or 2.
   *
   * @defaultValue 1
   */
  p?: 1 | 2 | undefined;
  /**
   * How much higher the score of the target should be than every other. A finite number.
   *
   * @defaultValue 1
   */
  margin?: number | undefined;
}

/**
 * Computes the hinge loss of several classes: the target should have a higher score than every other class, by a
 * margin.
 *
 * A row whose target is far enough ahead has the loss 0. The model learns only from mistakes and close calls.
 *
 * ℓ = wₜ · Σⱼ max(0, margin − xₜ + xⱼ)^p / C over the other classes j
 *
 * The mean divides by the number of rows, not by the weights of their targets, as in PyTorch.
 *
 * @param input scores: [C], [N, C] or any shape whose `axis` holds the classes.
 * @param target class indices in the input's shape without the class axis, or class probabilities in the
 * input's shape.
 * @param options reduction, axis, weight, ignoreIndex, labelSmoothing, p, margin and so on; in `valueAndGrad`
 * also gradOutput.
 * @returns the loss: a number, or with `reduction: "none"` one per row.
 * @throws TypeError if an argument or option is of the wrong kind, or an option is unknown.
 * @throws RangeError if a shape, a target or an option is out of range.
 *
 * @example
 * ```ts
 * import { multiMarginLoss } from "@surprisal/losses";
 *
 * multiMarginLoss([0.1, 0.2, 0.4, 0.8], 3); // 0.324…
 * multiMarginLoss([0.1, 0.2, 0.4, 0.8], 3, { p: 2, margin: 0.5 }); // 0.00249…
 * multiMarginLoss.valueAndGrad([0, 0.5, 3], 1).grad; // [0.333…, -0.666…, 0.333…]
 * ```
 *
 * Source: `torch.nn.functional.multi_margin_loss`; Crammer & Singer, "On the algorithmic implementation of
 * multiclass kernel-based vector machines" (2001).
 */
export const multiMarginLoss: Loss<[target: ClassTarget], MultiMarginLossOptions> =
  /* @__PURE__ */ classLoss<MultiMarginLossOptions>({
    kind: "class",
    ...formulaLoss<ParsedOptions>("multiMarginLoss", marginFormula),
    options: { p: picklist(1, 2), margin: numeric(1, "a finite number", Number.isFinite) },
    meanOver: "rows",
    takesNumbers: true,
    neverThrows: true,
  });

interface ParsedOptions {
  readonly p: 1 | 2;
  readonly margin: number;
}

function marginFormula({ p, margin }: ParsedOptions, classes: number): ClassFormula {
  const addTerms = p === 1 ? addHinges : addSquares;
  return (x, coefficients, gradient) => {
    let loss = 0;
    for (let target = 0; target < classes; target++) {
      if (coefficients[target] === 0) continue;
      const factor = coefficients[target] / classes;
      const row = { x, target, margin, limit: x[target] - margin, factor, gradient };
      loss += addTerms(row, 0, target) + addTerms(row, target + 1, classes);
    }
    return loss;
  };
}

/** What the terms of one row and one target are computed from. */
interface Row {
  readonly x: Float64Array;
  readonly target: number;
  readonly margin: number;
  /** The terms are powers of max(0, xⱼ − limit). NaN is no less than 0. */
  readonly limit: number;
  readonly factor: number;
  readonly gradient: Float64Array | undefined;
}

/**
 * Returns the sum of terms times the factor, and adds their gradient.
 *
 * Comparisons are factors here: branches that depend on the logits take twice as long.
 */
function addHinges(row: Row, start: number, end: number): number {
  const { x, target, limit, factor, gradient } = row;
  let sum = 0;
  let count = 0;
  for (let j = start; j < end; j++) {
    const missing = x[j] - limit;
    const isMissing = Number(!(missing <= 0));
    sum += missing * isMissing;
    count += isMissing;
    if (gradient) gradient[j] += factor * isMissing;
  }
  if (gradient) gradient[target] -= factor * count;
  return Number.isFinite(sum) ? factor * sum : sumOfHinges(row, start, end);
}

/**
 * Returns the sum of the hinges times the factor. Each is multiplied before it is added, because the sum alone may overflow,
 * and only if it counts, because −∞ · 0 is NaN.
 */
function sumOfHinges({ x, target, margin, factor }: Row, start: number, end: number): number {
  let sum = 0;
  for (let j = start; j < end; j++) {
    // The terms are quartered, because a difference of numbers near 1e308 can overflow.
    const missing = x[j] / 4 - x[target] / 4 + margin / 4;
    if (!(missing <= 0)) sum += missing * factor * 4;
  }
  return sum;
}

/** Returns the sum of the squares times the factor, and adds their gradient. */
function addSquares(row: Row, start: number, end: number): number {
  const { x, target, limit, factor, gradient } = row;
  let sum = 0;
  for (let j = start; j < end; j++) {
    const missing = x[j] - limit;
    if (missing <= 0) continue;
    sum += missing * missing;
    if (gradient === undefined) continue;
    gradient[j] += 2 * factor * missing;
    gradient[target] -= 2 * factor * missing;
  }
  return Number.isFinite(sum) ? factor * sum : sumOfSquares(row, start, end);
}

/** Returns the sum of the squares times the factor. Each is multiplied before it is added, because the sum may overflow. */
function sumOfSquares({ x, limit, factor }: Row, start: number, end: number): number {
  let sum = 0;
  for (let j = start; j < end; j++) {
    const missing = x[j] - limit;
    if (!(missing <= 0)) sum += missing * factor * missing;
  }
  return sum;
}
