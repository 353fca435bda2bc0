// The laws of a class loss that follow from one sentence: its loss is Σⱼ cⱼ ℓⱼ, where ℓⱼ is the loss of the class j,
// and the options decide about the coefficients c.
import { expect } from "vitest";
import { expectNear } from "./expectNear.ts";
import { type AnyLoss, flat, float64 } from "./tensors.ts";

/** A class index, or a row of class probabilities. */
type Target = number | readonly number[];

/** The options that decide about coefficients. */
export interface CoefficientOptions {
  readonly weight?: readonly number[];
  readonly labelSmoothing?: number;
  readonly skipMasked?: boolean;
}

/**
 * Checks that the losses and gradients of a row, for some targets, are those of its classes, each times its
 * coefficient.
 *
 * @param targets class indices, or rows of class probabilities.
 */
export function expectWeightedSums(
  loss: AnyLoss,
  row: readonly number[],
  targets: readonly Target[],
  options: CoefficientOptions = {},
): void {
  const { losses } = evaluate(loss, row, upTo(row.length));
  for (const target of targets) {
    const expected = weightedSum(losses, coefficientsOf(row, target, options));
    const actual = evaluate(loss, row, [target], options);
    const label = labelOf(loss, row, target, options);
    expectClose(actual.losses, [expected], label);
    expectClose(actual.values, [expected], label);
  }
  expectWeightedGradients(loss, row, targets, options);
}

/** Checks the gradients alone. */
export function expectWeightedGradients(
  loss: AnyLoss,
  row: readonly number[],
  targets: readonly Target[],
  options: CoefficientOptions = {},
): void {
  const classes = upTo(row.length);
  const { gradients } = evaluate(loss, row, classes);
  for (const target of targets) {
    const coefficients = coefficientsOf(row, target, options);
    const columns = classes.map((k) => gradients.map((gradient) => gradient[k]));
    const expected = columns.map((column) => weightedSum(column, coefficients));
    const actual = evaluate(loss, row, [target], options);
    const label = `gradient of ${labelOf(loss, row, target, options)}`;
    expectClose(actual.gradients[0], expected, label);
  }
}

/** Checks that the classes may be in any order: reversed ones have the same losses, and reversed gradients. */
export function expectSymmetry(loss: AnyLoss, row: readonly number[]): void {
  const classes = upTo(row.length);
  const forwards = evaluate(loss, row, classes);
  const backwards = evaluate(loss, row.toReversed(), classes.toReversed());
  expectClose(backwards.losses, forwards.losses, "losses of reversed classes");
  backwards.gradients.forEach((gradient, j) => {
    expectClose(gradient.toReversed(), forwards.gradients[j], `gradient ${j} of reversed classes`);
  });
}

/** Checks that each of thousands of rows, a number that 4 does not divide, has the losses that few rows have. */
export function expectSameRows(
  loss: AnyLoss,
  rows: readonly (readonly number[])[],
  targets: readonly number[],
): void {
  const indices = Array.from({ length: 3001 }, (_, i) => i % rows.length);
  const results = (chosen: readonly number[]) => {
    const input = float64(
      chosen.flatMap((i) => rows[i]),
      [chosen.length, rows[0].length],
    );
    const options = { reduction: "none" };
    const target = Int32Array.from(chosen, (i) => targets[i]);
    const { value, grad } = loss.valueAndGrad(input, target, options);
    return { losses: flat(loss(input, target, options)), values: flat(value), grad: flat(grad) };
  };
  const few = results(rows.map((_, i) => i));
  const many = results(indices);
  const size = rows[0].length;
  const expected = indices.map((i) => few.losses[i]);
  expectClose(many.losses, expected, "losses of 3001 rows");
  expectClose(many.values, expected, "values of 3001 rows");
  const gradient = indices.flatMap((i) => few.grad.slice(i * size, (i + 1) * size));
  expectClose(many.grad, gradient, "gradients of 3001 rows");
}

/**
 * Checks a row with each class masked in turn, by the logit −∞: nothing is NaN, the other classes have the losses of a
 * logit that is far below, and the masked one has the limit of its losses there.
 */
export function expectMasks(loss: AnyLoss, row: readonly number[]): void {
  const classes = upTo(row.length);
  for (const masked of classes) {
    const withLogit = (logit: number) => evaluate(loss, row.with(masked, logit), classes);
    const actual = withLogit(Number.NEGATIVE_INFINITY);
    const [near, far] = [withLogit(-1e3), withLogit(-1e5)];
    for (const j of classes) {
      const label = `class ${j} with class ${masked} masked`;
      expect(actual.gradients[j], `gradient of ${label}`).not.toContainEqual(Number.NaN);
      if (j === masked && far.losses[j] > near.losses[j] + 1) {
        expect(actual.losses[j], label).toBe(Number.POSITIVE_INFINITY);
        continue;
      }
      expectClose([actual.losses[j]], [far.losses[j]], label);
      expectClose(actual.gradients[j], far.gradients[j], `gradient of ${label}`);
    }
  }
}

interface Results {
  readonly losses: readonly number[];
  readonly values: readonly number[];
  /** The gradient for each target. */
  readonly gradients: readonly (readonly number[])[];
}

/** Computes a row with each of the targets. */
export function evaluate(
  loss: AnyLoss,
  row: readonly number[],
  targets: readonly Target[],
  options: CoefficientOptions = {},
): Results {
  const input = float64(
    targets.flatMap(() => row),
    [targets.length, row.length],
  );
  const target =
    typeof targets[0] === "number"
      ? Int32Array.from(targets as number[])
      : float64(targets.flat(), input.shape);
  const unreduced = { ...options, reduction: "none" };
  const { value, grad } = loss.valueAndGrad(input, target, unreduced);
  const gradient = flat(grad);
  return {
    losses: flat(loss(input, target, unreduced)),
    values: flat(value),
    gradients: targets.map((_, i) => gradient.slice(i * row.length, (i + 1) * row.length)),
  };
}

/** Returns wⱼ ((1 − ε) qⱼ + ε / C). With `skipMasked`, C classes are not masked, and q is spread over them. */
function coefficientsOf(
  row: readonly number[],
  target: Target,
  { weight, labelSmoothing = 0, skipMasked = false }: CoefficientOptions,
): number[] {
  const counts = row.map((logit) => !skipMasked || logit !== Number.NEGATIVE_INFINITY);
  const q = typeof target === "number" ? row.map((_, j) => (j === target ? 1 : 0)) : target;
  const total = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);
  const kept = total(q.filter((_, j) => counts[j]));
  const spread = kept === 0 ? q : q.map((p, j) => (counts[j] ? (p * total(q)) / kept : 0));
  const share = labelSmoothing / total(counts.map(Number));
  return spread.map(
    (p, j) => (weight?.[j] ?? 1) * ((1 - labelSmoothing) * p + (counts[j] ? share : 0)),
  );
}

function expectClose(actual: readonly number[], expected: readonly number[], label: string): void {
  expect(expected, `what is expected of ${label}`).not.toContainEqual(Number.NaN);
  expectNear(actual, expected, { limit: 1e-10, floor: 1e-3 }, label);
}

/** Adds up numbers times coefficients. A number whose coefficient is 0 does not count, even if it is infinite. */
function weightedSum(numbers: readonly number[], coefficients: readonly number[]): number {
  return numbers.reduce(
    (sum, number, j) => (coefficients[j] === 0 ? sum : sum + coefficients[j] * number),
    0,
  );
}

function labelOf(
  { name }: AnyLoss,
  row: readonly number[],
  target: Target,
  options: CoefficientOptions,
): string {
  return `${name}([${row.slice(0, 8)}], ${[target].flat().slice(0, 8)}, ${JSON.stringify(options)})`;
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}
