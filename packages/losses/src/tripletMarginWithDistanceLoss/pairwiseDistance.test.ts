import { describe, expect, it } from "vitest";
import { storeEuclidean } from "../define/euclideanTriplet.ts";
import { epsilon, pairwiseDistance } from "./pairwiseDistance.ts";
import { tripletMarginWithDistanceLoss } from "./tripletMarginWithDistanceLoss.ts";

const floats = (...values: number[]) => Float64Array.from(values);

describe("pairwiseDistance", () => {
  it("is the Euclidean distance of two vectors, with 1e-6 added to each difference", () => {
    expect(pairwiseDistance.value(floats(4, 2), floats(1, -2))).toBeCloseTo(5 + 1.4e-6, 10);
    expect(pairwiseDistance.value(floats(1, -2), floats(4, 2))).toBeCloseTo(5 - 1.4e-6, 10);
    expect(pairwiseDistance.value(floats(1, 1), floats(1, 1))).toBeCloseTo(Math.SQRT2 * 1e-6, 18);
  });

  it("neither overflows nor underflows", () => {
    expect(pairwiseDistance.value(floats(3e200, -4e200), floats(0, 0))).toBeCloseTo(5e200, -190);
    const difference = 1e-6 - 2 ** -20;
    const distance = pairwiseDistance.value(floats(-(2 ** -20), -1e-6), floats(0, 0));
    expect(distance).toBe(difference);
  });

  it("is 0, infinite or NaN where the differences are", () => {
    expect(pairwiseDistance.value(floats(-1e-6), floats(0))).toBe(0);
    expect(pairwiseDistance.value(floats(Infinity, 1), floats(0, 0))).toBe(Infinity);
    expect(pairwiseDistance.value(floats(NaN, 1), floats(0, 0))).toBeNaN();
    expect(pairwiseDistance.value(floats(1, NaN), floats(0, 0))).toBeNaN();
  });

  it("has the derivatives of both vectors", () => {
    const [byA, byB] = pairwiseDistance.gradient(floats(4, -4), floats(1, 0));
    [0.6, -0.8].forEach((derivative, j) => {
      expect(byA[j]).toBeCloseTo(derivative, 5);
      expect(byB[j]).toBe(-byA[j]);
    });
    // At a difference of −1e-6, the distance is 0.
    expect(pairwiseDistance.gradient(floats(-1e-6), floats(0))).toEqual([floats(0), floats(0)]);
    const [tiny] = pairwiseDistance.gradient(floats(0), floats(0));
    expect(tiny).toEqual(floats(1));
  });
});

describe("storeEuclidean", () => {
  /** The distance without the fast path, which is for `pairwiseDistance` alone. */
  const distance = { ...pairwiseDistance };
  const anchor = [0.5, -1, 2];
  const positive = [1, 0.25, -1];

  it.each([
    ["far", [3, 4, 5], 8],
    ["near", [0.5, -1, 1], 1],
    ["near the positive", [1, 0.5, -1], 1],
    ["beyond the margin", [30, 40, 50], 1],
  ])("equals the functions of the distance: a negative %s", (_, negative, margin) => {
    for (const swap of [false, true]) {
      const vectors = [anchor, positive, negative].map((vector) => floats(...vector));
      const outputs = vectors.map(() => floats(9, 9, 9));
      const rows = { size: 3, vectors, outputs };
      const args = [anchor, positive, negative] as const;
      const options = { distance, margin, swap };
      const { value, grads } = tripletMarginWithDistanceLoss.valueAndGrad(...args, options);
      const stored = storeEuclidean(rows, 0, { margin, swap, eps: epsilon });
      expect(stored).toBeCloseTo(value, 12);
      expect(
        storeEuclidean({ ...rows, outputs: undefined }, 0, { margin, swap, eps: epsilon }),
      ).toBe(stored);
      if (stored === 0) continue;
      (["anchor", "positive", "negative"] as const).forEach((name, k) => {
        (grads[name] as number[]).forEach((derivative, j) => {
          expect(outputs[k][j]).toBeCloseTo(derivative, 12);
        });
      });
    }
  });

  it("computes the row that starts at an index", () => {
    const vectors = [floats(7, 7, 0, 3), floats(7, 7, 0, 0), floats(7, 7, 5, 3)];
    const outputs = vectors.map(() => floats(9, 9, 9, 9));
    expect(
      storeEuclidean({ size: 2, vectors, outputs }, 2, { margin: 4, swap: false, eps: epsilon }),
    ).toBeCloseTo(2, 5);
    expect(outputs[0].slice(0, 2)).toEqual(floats(9, 9));
    expect(outputs[1][3]).toBeCloseTo(-1, 5);
    expect(
      storeEuclidean({ size: 2, vectors, outputs: [undefined, outputs[1]] }, 2, {
        margin: 4,
        swap: true,
        eps: epsilon,
      }),
    ).toBe(
      storeEuclidean({ size: 2, vectors, outputs }, 2, { margin: 4, swap: true, eps: epsilon }),
    );
  });

  it.each([
    ["the positive", [1e160], [0], [1]],
    ["the negative", [0], [1], [1e160]],
    ["an equal positive", [0], [1e-6], [3]],
    ["an equal negative", [0], [3], [1e-6]],
  ])("leaves a square that is out of range: %s", (_, x, near, far) => {
    const outputs = [floats(9), floats(9), floats(9)];
    const vectors = [floats(...x), floats(...near), floats(...far)];
    expect(
      storeEuclidean({ size: 1, vectors, outputs }, 0, { margin: 1, swap: true, eps: epsilon }),
    ).toBeUndefined();
    expect(outputs).toEqual([floats(9), floats(9), floats(9)]);
  });
});
