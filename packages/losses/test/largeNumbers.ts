// The laws of a loss at numbers so large that a formula overflows if it is not written with care.
import { expect } from "vitest";
import type { Call } from "./calls.ts";
import { evaluate } from "./classLaws.ts";
import { expectNear } from "./expectNear.ts";
import { type AnyLoss, flat } from "./tensors.ts";

/** Differences of logits: a sum loses the smaller terms, `exp` overflows, and every probability is 0 or 1. */
const gaps = [60, 800, 1e4];

/**
 * Checks rows of logits that are far apart, and rows far from 0: losses are finite and gradients are their derivatives,
 * for class indices, class probabilities and label smoothing.
 */
export function expectLargeLogits(loss: AnyLoss): void {
  const probabilities = [0.1, 0.2, 0.3, 0.4];
  for (const gap of gaps) {
    for (const target of [0, 1, 2, 3]) expectFarApart(loss, gap, target);
    for (const target of [0, 3]) expectFarApart(loss, gap, target, { labelSmoothing: 0.1 });
    expectFarApart(loss, gap, probabilities);
  }
  if (!isNearShifted(loss, 8)) return;
  for (const gap of gaps) for (const shift of [gap, -gap]) expectShifted(loss, shift);
}

type Target = Parameters<typeof evaluate>[2][number];

function expectFarApart(loss: AnyLoss, gap: number, target: Target, options = {}): void {
  // No two differences are alike, and none is 1: there, losses with a margin have a kink.
  const rowOf = (size: number) => [0, size, -1.5 * size, 0.5 * size];
  const lossOf = (row: readonly number[]) => evaluate(loss, row, [target], options).values[0];
  const row = rowOf(gap);
  const { values, gradients } = evaluate(loss, row, [target], options);
  const call = `${loss.name}([${row}], ${JSON.stringify(target)}, ${JSON.stringify(options)})`;
  expectNoJump(values[0], (size) => lossOf(rowOf(size)), [1, gap], call);
  expect(gradients[0], `gradient of ${call}`).not.toContainEqual(Number.NaN);
  if (!Number.isFinite(values[0])) return;
  // The loss is almost straight here, so that a large step is exact.
  const step = 1e-3;
  const expected = row.map(
    (x, j) => (lossOf(row.with(j, x + step)) - lossOf(row.with(j, x - step))) / (2 * step),
  );
  const what = `gradient of ${call}, compared with central differences`;
  // Differences of large losses have few digits.
  const floor = Math.max(1e-2, (1e-9 * Math.abs(values[0])) / step);
  expectNear(gradients[0], expected, { limit: 1e-6, floor }, what);
}

/**
 * Fails for NaN. Fails for infinity, too, unless the finite losses just before it are huge: then it has overflowed.
 *
 * @param lossAt returns the loss for another size of the numbers.
 * @param sizes a size at which the loss is finite, and the size at which `value` was computed.
 */
export function expectNoJump(
  value: number,
  lossAt: (size: number) => number,
  [small, large]: readonly [small: number, large: number],
  what: string,
): void {
  if (Number.isFinite(value)) return;
  let [finite, infinite] = [small, large];
  for (let i = 0; i < 60; i++) {
    const middle = (finite + infinite) / 2;
    if (Number.isFinite(lossAt(middle))) finite = middle;
    else infinite = middle;
  }
  const last = lossAt(finite);
  if (!Number.isNaN(value) && Math.abs(last) > 1e100) return;
  expect.fail(
    `${what}: got ${value}, expected a finite number. At size ${finite} instead of ${large}, the loss is still finite: ${last}. Write the formula so that nothing overflows, for example with logSoftmax or log1p.`,
  );
}

const nearRow = [1, -0.5, 2, 0.25];

/** Returns whether a constant that is added to all logits changes nothing. */
function isNearShifted(loss: AnyLoss, shift: number): boolean {
  try {
    expectShifted(loss, shift);
    return true;
  } catch {
    return false;
  }
}

function expectShifted(loss: AnyLoss, shift: number): void {
  const shifted = nearRow.map((x) => x + shift);
  for (const targets of [[0, 1, 2, 3], [[0.1, 0.2, 0.3, 0.4]]]) {
    const near = evaluate(loss, nearRow, targets);
    const far = evaluate(loss, shifted, targets);
    const what = `of ${loss.name}([${shifted}], ${JSON.stringify(targets)}), compared with that of [${nearRow}]`;
    const tolerance = { limit: 1e-10, floor: 0.1 };
    expectNear(far.values, near.values, tolerance, `loss ${what}`);
    expectNear(far.gradients.flat(), near.gradients.flat(), tolerance, `gradient ${what}`);
  }
}

/** Numbers where the square of `exp` overflows, where `exp` overflows, and where a float32 has no fractional digits. */
const largeNumbers = [400, 800, 1e9];

/**
 * Checks a call with each number of the input replaced by a large one: no loss and no gradient is NaN, and a loss is
 * infinite only if it has overflowed. A number that a loss refuses, or for whose sign it is not finite anyway, is
 * left out.
 */
export function expectLargeNumbers(loss: AnyLoss, { input, rest, options }: Call): void {
  const resultsAt = (i: number, number: number): Results => {
    const changed = { ...input, data: input.data.with(i, number) };
    const result = loss.valueAndGrad(changed, ...rest, { ...options, reduction: "none" });
    const gradients = Object.entries(result.grads ?? { "the first argument": result.grad });
    return {
      losses: flat(result.value),
      gradients: gradients.map(([name, gradient]) => [name, flat(gradient)]),
    };
  };
  for (let i = 0; i < input.data.length; i++) {
    for (const sign of [1, -1]) {
      const moderate = resultsIfTaken(() => resultsAt(i, 10 * sign));
      if (moderate === undefined || !areFinite(moderate)) continue;
      for (const size of largeNumbers) {
        const large = resultsIfTaken(() => resultsAt(i, size * sign));
        if (large === undefined) continue;
        const place = `with ${size * sign} as element ${i} of the input`;
        large.losses.forEach((value, r) => {
          const lossAt = (other: number) => resultsAt(i, other * sign).losses[r];
          expectNoJump(value, lossAt, [10, size], `loss ${r} ${place}`);
        });
        for (const [name, gradient] of large.gradients) {
          expect(gradient, `gradient of ${name} ${place}`).not.toContainEqual(Number.NaN);
        }
      }
    }
  }
}

/** The losses of a call, and the gradients with their arguments' names. */
interface Results {
  readonly losses: readonly number[];
  readonly gradients: readonly (readonly [name: string, gradient: readonly number[]])[];
}

function areFinite({ losses, gradients }: Results): boolean {
  return [losses, ...gradients.map(([, gradient]) => gradient)].flat().every(Number.isFinite);
}

/** Returns the results of a call, or undefined if the loss refuses its numbers. */
function resultsIfTaken(call: () => Results): Results | undefined {
  try {
    return call();
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
