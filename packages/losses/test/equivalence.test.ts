import { logSoftmax, softmax } from "@surprisal/core";
import { relativeError } from "@surprisal/testing";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { crossEntropy, nllLoss } from "../src/index.ts";

type Matrix = number[][];

const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const logOf = (p: Matrix) => p.map((row) => row.map((element) => Math.log(element)));

/** Returns the mean of Σⱼ yⱼ (−log pⱼ), the textbook formula, where y is the one-hot target. */
function oneHotCrossEntropy(x: Matrix, targets: number[]): number {
  const y = targets.map((t) => x[0].map((_, j) => Number(j === t)));
  const logP = logSoftmax(x);
  return mean(y.map((row, i) => -row.reduce((sum, yj, j) => sum + yj * logP[i][j], 0)));
}

/** Returns −mean(diag(out[:, targets])): NumPy code that gathers an N × N matrix and reads N elements. */
function diagonal(x: Matrix, targets: number[]): number {
  const out = logSoftmax(x);
  const gathered = out.map((row) => targets.map((t) => row[t]));
  return -mean(gathered.map((row, i) => row[i]));
}

/** Returns the gradient (softmax − one-hot) / N, computed from softmax. */
function softmaxMinusOneHot(x: Matrix, targets: number[]): Matrix {
  return softmax(x).map((row, i) =>
    row.map((p, j) => (p - Number(j === targets[i])) / targets.length),
  );
}

const batches = (magnitude: number) =>
  fc
    .record({ rows: fc.integer({ min: 1, max: 8 }), classes: fc.integer({ min: 1, max: 12 }) })
    .chain(({ rows, classes }) =>
      fc.record({
        x: fc.array(
          fc.array(fc.double({ min: -magnitude, max: magnitude, noNaN: true }), {
            minLength: classes,
            maxLength: classes,
          }),
          { minLength: rows, maxLength: rows },
        ),
        targets: fc.array(fc.nat(classes - 1), { minLength: rows, maxLength: rows }),
      }),
    );

const check = (magnitude: number, holds: (x: Matrix, targets: number[]) => void) =>
  fc.assert(
    fc.property(batches(magnitude), ({ x, targets }) => holds(x, targets)),
    { seed: 3, numRuns: 300 },
  );

const expectClose = (actual: number[], expected: number[], tolerance: number, floor: number) =>
  expect(relativeError(actual, expected, floor)).toBeLessThan(tolerance);

describe("every route gives the same value", () => {
  it("nllLoss returns the target's log-probability with its sign changed", () => {
    expect(nllLoss([-1.6563, -1.7563, -1.5563], 2)).toBe(1.5563);
  });

  it.each([1, 30, 600])(
    "logSoftmax → NLL = cross-entropy = one-hot = diagonal, logits to ±%d",
    (magnitude) => {
      check(magnitude, (x, targets) => {
        const expected = [crossEntropy(x, targets)];
        // The rounding error of each route is relative to its log-probabilities.
        const floor = magnitude;
        expectClose([nllLoss(logSoftmax(x), targets)], expected, 1e-15, floor);
        expectClose([oneHotCrossEntropy(x, targets)], expected, 1e-15, floor);
        expectClose([diagonal(x, targets)], expected, 1e-15, floor);
      });
    },
  );

  it.each([1, 30, 300])(
    "softmax → log → NLL gives it too, if no probability underflows, logits to ±%d",
    (magnitude) => {
      check(magnitude, (x, targets) => {
        // The relative rounding error of p is an absolute error of log(p): 2 ulp of 1.
        expectClose(
          [nllLoss(logOf(softmax(x)), targets)],
          [crossEntropy(x, targets)],
          1e-15,
          magnitude,
        );
      });
    },
  );
});

describe("every route gives the same gradient", () => {
  it.each([1, 30, 600])("logits to ±%d", (magnitude) => {
    check(magnitude, (x, targets) => {
      const { grad } = crossEntropy.valueAndGrad(x, targets);
      expectClose(grad.flat(), softmaxMinusOneHot(x, targets).flat(), 1e-15, 1);
      // The chain rule through logSoftmax: g − softmax · Σ g.
      const { grad: g } = nllLoss.valueAndGrad(logSoftmax(x), targets);
      const p = softmax(x);
      const chained = g.map((row, i) => {
        const sum = row.reduce((total, element) => total + element, 0);
        return row.map((element, j) => element - p[i][j] * sum);
      });
      expectClose(chained.flat(), grad.flat(), 1e-15, 1);
    });
  });
});

describe("the naive routes fail", () => {
  const naiveSoftmax = (row: number[]) => {
    const exps = row.map((logit) => Math.exp(logit));
    const sum = exps.reduce((total, value) => total + value, 0);
    return exps.map((value) => value / sum);
  };

  it("above 709.78, where exp overflows: the naive softmax is NaN", () => {
    expect(naiveSoftmax([709, 0])[0]).toBe(1);
    expect(naiveSoftmax([710, 0])[0]).toBeNaN();
    expect(softmax([710, 0])[0]).toBe(1);
    expect(crossEntropy([710, 0], 1)).toBe(710);
  });

  it("below −745.13, where exp underflows: log(softmax) is −∞ and the loss is ∞", () => {
    expect(nllLoss(logOf([softmax([0, -745])]), [1])).toBeCloseTo(745, -1);
    expect(nllLoss(logOf([softmax([0, -746])]), [1])).toBe(Number.POSITIVE_INFINITY);
    expect(crossEntropy([0, -746], 1)).toBe(746);
  });

  it("below −103.98 in float32, where exp underflows", () => {
    const logOfSoftmax = (gap: number) => Math.log(softmax(Float32Array.of(0, -gap))[1]);
    expect(logOfSoftmax(103)).toBeCloseTo(-103, 0);
    expect(logOfSoftmax(104)).toBe(Number.NEGATIVE_INFINITY);
    expect(crossEntropy(Float32Array.of(0, -104), 1)).toBe(104);
  });

  it("for a confident row: log(softmax) gives loss 0 at a gap of 37, an error of 100 %", () => {
    const throughLog = (gap: number) => nllLoss(logOf([softmax([gap, 0])]), [0]);
    const relativeErrorAt = (gap: number) => {
      const exact = crossEntropy([gap, 0], 0);
      expect(exact).toBeGreaterThan(0);
      return Math.abs(throughLog(gap) - exact) / exact;
    };
    expect(relativeErrorAt(5)).toBeLessThan(1e-13);
    expect(relativeErrorAt(20)).toBeGreaterThan(1e-9);
    expect(relativeErrorAt(30)).toBeGreaterThan(1e-4);
    expect(throughLog(37)).toBe(0);
    expect(crossEntropy([37, 0], 0)).toBe(8.533047625744066e-17);
  });

  it("for the gradient of a confident row: p − 1 is 0 at a gap of 37", () => {
    const [p] = softmax([37, 0]);
    expect(p - 1).toBe(0);
    expect(crossEntropy.valueAndGrad([37, 0], 0).grad[0]).toBe(-8.533047625744066e-17);
  });
});
