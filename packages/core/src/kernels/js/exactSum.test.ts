import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addExactSum, exactSummation } from "./exactSum.ts";

function sumInOrder(values: readonly number[]): number {
  const sum = exactSummation();
  for (const value of values) sum.add(value);
  return sum.value();
}

/** Returns the sum of floats as a whole number of units of 2^-1074. */
function inUnits(values: readonly number[]): bigint {
  return values.reduce((total, value) => total + toUnits(value), 0n);
}

function toUnits(value: number): bigint {
  const bits = new BigUint64Array(Float64Array.of(value).buffer)[0];
  const exponent = (bits >> 52n) & 0x7ffn;
  const fraction = bits & 0xfffffffffffffn;
  const magnitude = exponent === 0n ? fraction : (fraction | (1n << 52n)) << (exponent - 1n);
  return value < 0 ? -magnitude : magnitude;
}

// Sums of these stay finite.
const finite = fc.double({ noNaN: true, min: -1e300, max: 1e300 });
const values = fc.array(fc.oneof(finite, fc.double({ noNaN: true, min: -1, max: 1 })));

describe("exactSummation", () => {
  it.each([
    [[1, 1e100, 1, -1e100], 2],
    [[1e308, 1, -1e308], 1],
    [[0.1, 0.2, 0.3, -0.6], 2.7755575615628914e-17],
    // Ties, which the smallest part decides.
    [[2 ** 53, 1, 2 ** -40], 2 ** 53 + 2],
    [[2 ** 53, 1, -(2 ** -40)], 2 ** 53],
    [[2 ** 53 + 2, -1, -(2 ** -40)], 2 ** 53],
    [[], 0],
  ])("adds %j", (terms, expected) => {
    expect(sumInOrder(terms)).toBe(expected);
  });

  it("is the float next to the sum", () => {
    fc.assert(
      fc.property(values, (terms) => {
        const sum = sumInOrder(terms);
        const error = inUnits(terms) - toUnits(sum);
        const distance = error < 0n ? -error : error;
        const exponent = Math.max(-1022, Math.floor(Math.log2(Math.abs(sum) || 1)));
        const ulp = sum === 0 ? 1n : 1n << BigInt(exponent + 1022);
        expect(2n * distance <= ulp).toBe(true);
      }),
      { seed: 1 },
    );
  });

  it("has the same bits for every order and every cut", () => {
    fc.assert(
      fc.property(values, fc.nat(), fc.nat(), (terms, cut, seed) => {
        const middle = terms.length === 0 ? 0 : cut % terms.length;
        const shuffled = terms
          .map((term, i) => ({ term, key: (i * 7919 + seed) % 101 }))
          .sort((a, b) => a.key - b.key)
          .map(({ term }) => term);
        const left = exactSummation();
        const right = exactSummation();
        shuffled.forEach((term, i) => {
          (i < middle ? left : right).add(term);
        });
        const merged = exactSummation(JSON.parse(JSON.stringify(right.state())));
        addExactSum(merged, left.state());
        expect(merged.value()).toBe(sumInOrder(terms));
      }),
      { seed: 2 },
    );
  });

  it("keeps what is not finite through JSON", () => {
    for (const [terms, expected] of [
      [[1, Number.POSITIVE_INFINITY], Number.POSITIVE_INFINITY],
      [[Number.NEGATIVE_INFINITY, 3], Number.NEGATIVE_INFINITY],
      [[Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY], Number.NaN],
      [[Number.NaN, 1], Number.NaN],
    ] as const) {
      const sum = exactSummation();
      for (const term of terms) sum.add(term);
      const restored = exactSummation(JSON.parse(JSON.stringify(sum.state())));
      restored.add(5);
      expect(restored.value()).toBe(expected);
    }
  });

  it("goes on from the joined lists of two states", () => {
    const [left, right] = [exactSummation(), exactSummation()];
    for (const term of [0.1, 0.2, 1e-20]) left.add(term);
    for (const term of [0.7, 1e20, 3e-17]) right.add(term);
    const joined = [...(left.state() as number[]), ...(right.state() as number[])];
    const both = exactSummation(left.state());
    addExactSum(both, right.state());
    expect(exactSummation(joined).value()).toBe(both.value());
    expect(exactSummation(joined).state()).toEqual(both.state());
    expect(exactSummation([0.3, 0.1, 5, 0.7]).value()).toBe(6.1);
    expect(exactSummation([1e308, 1e308]).value()).toBe(Number.POSITIVE_INFINITY);
  });

  it("that leaves float64 is infinite, and its state is JSON", () => {
    const sum = exactSummation();
    for (const term of [1e308, 1, 1e308]) sum.add(term);
    expect(sum.value()).toBe(Number.POSITIVE_INFINITY);
    const restored = exactSummation(JSON.parse(JSON.stringify(sum.state())));
    expect(restored.value()).toBe(Number.POSITIVE_INFINITY);
  });
});
