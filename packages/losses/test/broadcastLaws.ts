// The laws of losses whose arguments broadcast: a row or an element has a loss of its own.
import { expect, it } from "vitest";
import { type Call, floatArguments, gradientsOf } from "./calls.ts";
import { expectNear } from "./expectNear.ts";
import { expectLargeNumbers } from "./largeNumbers.ts";
import { type AnyLoss, asNumbers, flat, float64 } from "./tensors.ts";

/** Returns the shape of a call's losses. */
function shapeOf(losses: number | { readonly shape: readonly number[] }): readonly number[] {
  return typeof losses === "number" ? [] : losses.shape;
}

/** Checks the laws of elements or of rows, for one call. */
export function checkBroadcasting(loss: AnyLoss, call: Call, kind: "element" | "row"): void {
  const { input, rest } = call;
  const options: { axis?: number; sampleWeight?: unknown } = call.options ?? {};
  const args = [input, ...rest];
  const floats = floatArguments(loss, call);
  const names = floats.map(({ name }) => name);
  // In the tests only: a formula that throws must not end the collection of all tests.
  const unreducedLosses = () => loss(...args, { ...options, reduction: "none" });

  it("repeats arguments, and adds up the gradients of their repeats", () => {
    const rank = shapeOf(unreducedLosses()).length + (kind === "row" ? 1 : 0);
    const { axis = -1, sampleWeight: _, ...others } = options;
    const sum = {
      ...others,
      ...(kind === "row" && { axis: axis < 0 ? axis : axis - rank }),
      reduction: "sum",
    };
    const expected = loss.valueAndGrad(...args, sum);
    const gradients = gradientsOf(expected, names);
    const close = (actual: unknown, wanted: readonly number[], what: string) =>
      expectNear(flat(actual), wanted, { limit: 1e-12, floor: 1e-3 }, what);
    for (const { position, name, tensor } of floats) {
      if (kind === "row" && tensor.shape.length === 0) continue;
      // A new axis before all others, along which the argument is there twice.
      const padding = new Array(rank - tensor.shape.length).fill(1);
      const twice = float64([...tensor.data, ...tensor.data], [2, ...padding, ...tensor.shape]);
      const result = loss.valueAndGrad(...args.with(position, twice), sum);
      close(result.value, [2 * expected.value], `sum with ${name} twice`);
      for (const [other, gradient] of Object.entries(gradientsOf(result, names))) {
        const single = flat(gradients[other]);
        close(
          gradient,
          other === name ? [...single, ...single] : single.map((x) => 2 * x),
          `gradient of ${other} with ${name} twice`,
        );
      }
    }
  });

  it("divides the weighted sum by the sum of the weights", () => {
    const losses = unreducedLosses();
    const lossShape = shapeOf(losses);
    const weights = flat(losses).map((_, i) => (i % 4) + 0.5);
    const sampleWeight = lossShape.length === 0 ? weights[0] : float64(weights, lossShape);
    const sum = loss(...args, { ...options, sampleWeight, reduction: "sum" });
    const mean = loss(...args, { ...options, sampleWeight, reduction: "mean" });
    const total = weights.reduce((a, b) => a + b, 0);
    expectNear([mean], [sum / total], { limit: 1e-12, floor: 1e-3 }, "weighted mean");
  });

  it("changes only its own losses for a NaN in the input, and has limits at infinity", () => {
    expectNonFinite(loss, call, kind);
  });

  it("has finite losses and gradients where the input is large", () => {
    expectLargeNumbers(loss, call);
  });
}

/**
 * Checks that a loss is NaN if a number of its input is, and that it has its limit if the number is infinite: a finite
 * loss there is that of large numbers.
 */
export function expectNonFinite(loss: AnyLoss, call: Call, kind: "element" | "row"): void {
  const { input, rest } = call;
  const options = withoutZeros(call.options);
  const { axis = -1 } = options;
  const unreduced = { ...options, reduction: "none" };
  const lossesOf = (data: Float64Array) => flat(loss({ ...input, data }, ...rest, unreduced));
  const plain = lossesOf(input.data);
  const size = kind === "row" ? input.shape.at(axis) : 1;
  // Otherwise several losses have the same number.
  const isWhole = plain.length * (size ?? 1) === input.data.length;
  const isLast = kind === "element" || axis === -1 || axis === input.shape.length - 1;
  for (let i = 0; i < input.data.length; i++) {
    const withNumber = (number: number) => lossesOf(input.data.with(i, number));
    let actual: number[];
    try {
      actual = withNumber(Number.NaN);
    } catch (error) {
      // A loss may refuse NaN. It must say so.
      expect((error as Error).message).toContain("NaN");
      continue;
    }
    const changed = plain.flatMap((value, r) => (Object.is(value, actual[r]) ? [] : [r]));
    expect(changed.length, `number of losses that NaN at ${i} changes`).toBeGreaterThan(0);
    const numbers = changed.map((r) => actual[r]).filter((value) => !Number.isNaN(value));
    expect(numbers, `losses with NaN at ${i}, which must be NaN`).toEqual([]);
    if (isWhole) expect(changed).toHaveLength(1);
    if (isWhole && isLast) expect(changed).toEqual([Math.floor(i / (size ?? 1))]);
    if (kind === "element") expectLimits(withNumber, i);
  }
}

/** Replaces each 0 in an option's array by 1, because an element of weight 0 does not count. */
function withoutZeros(options: object = {}): { axis?: number } & Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(options).map(([name, value]) => {
      if (typeof value !== "object" || value === null) return [name, value];
      const { data, shape } = asNumbers(value);
      return [
        name,
        float64(
          Array.from(data as Float64Array, (x) => x || 1),
          shape,
        ),
      ];
    }),
  );
}

/** Checks that losses of an infinite number are infinite, NaN, or the losses of large numbers. */
function expectLimits(lossesWith: (number: number) => number[], i: number): void {
  for (const sign of [1, -1]) {
    let actual: number[];
    try {
      actual = lossesWith(sign * Number.POSITIVE_INFINITY);
    } catch (error) {
      // A loss may refuse an infinite number. It must say so.
      expect((error as Error).message).toContain("Infinity");
      continue;
    }
    const large = lossesWith(sign * 1e9);
    actual.forEach((value, r) => {
      if (!Number.isFinite(value)) return;
      const what = `loss ${r} with ${sign}·∞ at ${i}, compared with the number ${sign}·1e9`;
      expectNear([value], [large[r]], { limit: 1e-6, floor: 1 }, what);
    });
  }
}
