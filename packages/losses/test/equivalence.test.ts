import { logSoftmax, softmax } from "@surprisal/core";
import { relativeError } from "@surprisal/testing";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { crossEntropy, nllLoss } from "../src/index.ts";

type Matrix = number[][];

const mean = (values: number[]) => values.reduce((sum, one) => sum + one, 0) / values.length;
const logOf = (p: Matrix) => p.map((row) => row.map((one) => Math.log(one)));

/** Σⱼ yⱼ (−log pⱼ), as the textbook writes it, with y the one-hot target. */
function oneHotCrossEntropy(x: Matrix, targets: number[]): number {
  const y = targets.map((t) => x[0].map((_, j) => Number(j === t)));
  const logP = logSoftmax(x);
  return mean(y.map((row, i) => -row.reduce((sum, one, j) => sum + one * logP[i][j], 0)));
}

/** −mean(diag(out[:, targets])): an N × N matrix, of which N elements are read. */
function diagonal(x: Matrix, targets: number[]): number {
  const out = logSoftmax(x);
  const gathered = out.map((row) => targets.map((t) => row[t]));
  return -mean(gathered.map((row, i) => row[i]));
}

/** (softmax − one-hot) / N, from softmax itself. */
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

const close = (actual: number[], expected: number[], tolerance: number, floor: number) =>
  expect(relativeError(actual, expected, floor)).toBeLessThan(tolerance);

describe("one value, by every route", () => {
  it("the original observation: log-softmax computes the error, NLL extracts it", () => {
    expect(nllLoss([-1.6563, -1.7563, -1.5563], 2)).toBe(1.5563);
  });

  it.each([1, 30, 600])(
    "logSoftmax → NLL = cross-entropy = one-hot = diagonal, logits to ±%d",
    (magnitude) => {
      check(magnitude, (x, targets) => {
        const expected = [crossEntropy(x, targets)];
        // Each route rounds at the magnitude of its log-probabilities.
        const floor = magnitude;
        close([nllLoss(logSoftmax(x), targets)], expected, 1e-15, floor);
        close([oneHotCrossEntropy(x, targets)], expected, 1e-15, floor);
        close([diagonal(x, targets)], expected, 1e-15, floor);
      });
    },
  );

  it.each([1, 30, 300])(
    "softmax → log → NLL too, as long as no probability underflows, logits to ±%d",
    (magnitude) => {
      check(magnitude, (x, targets) => {
        // log(p) inherits p's relative rounding as an absolute error: 2 ulp of 1.
        close([nllLoss(logOf(softmax(x)), targets)], [crossEntropy(x, targets)], 1e-15, magnitude);
      });
    },
  );
});

describe("one gradient, by every route", () => {
  it.each([1, 30, 600])("logits to ±%d", (magnitude) => {
    check(magnitude, (x, targets) => {
      const { grad } = crossEntropy.valueAndGrad(x, targets);
      close(grad.flat(), softmaxMinusOneHot(x, targets).flat(), 1e-15, 1);
      // Through logSoftmax by the chain rule: g − softmax · Σ g.
      const { grad: g } = nllLoss.valueAndGrad(logSoftmax(x), targets);
      const p = softmax(x);
      const chained = g.map((row, i) => {
        const sum = row.reduce((total, one) => total + one, 0);
        return row.map((one, j) => one - p[i][j] * sum);
      });
      close(chained.flat(), grad.flat(), 1e-15, 1);
    });
  });
});

describe("where the naive routes break", () => {
  const naiveSoftmax = (row: number[]) => {
    const exps = row.map((one) => Math.exp(one));
    const sum = exps.reduce((total, one) => total + one, 0);
    return exps.map((one) => one / sum);
  };

  it("exp overflows above 709.78: the naive softmax is NaN from there", () => {
    expect(naiveSoftmax([709, 0])[0]).toBe(1);
    expect(naiveSoftmax([710, 0])[0]).toBeNaN();
    expect(softmax([710, 0])[0]).toBe(1);
    expect(crossEntropy([710, 0], 1)).toBe(710);
  });

  it("exp underflows below −745.13: log(softmax) is −∞ and the loss +∞ from there", () => {
    expect(nllLoss(logOf([softmax([0, -745])]), [1])).toBeCloseTo(745, -1);
    expect(nllLoss(logOf([softmax([0, -746])]), [1])).toBe(Number.POSITIVE_INFINITY);
    expect(crossEntropy([0, -746], 1)).toBe(746);
  });

  it("in float32 the underflow comes at −103.98 already", () => {
    const rows = (gap: number) => Math.log(softmax(Float32Array.of(0, -gap))[1]);
    expect(rows(103)).toBeCloseTo(-103, 0);
    expect(rows(104)).toBe(Number.NEGATIVE_INFINITY);
    expect(crossEntropy(Float32Array.of(0, -104), 1)).toBe(104);
  });

  it("a sure model's loss is lost: log(softmax) answers 0 from a gap of 37 on, off by 100 %", () => {
    const throughLog = (gap: number) => nllLoss(logOf([softmax([gap, 0])]), [0]);
    const off = (gap: number) => {
      const exact = crossEntropy([gap, 0], 0);
      expect(exact).toBeGreaterThan(0);
      return Math.abs(throughLog(gap) - exact) / exact;
    };
    expect(off(5)).toBeLessThan(1e-13);
    expect(off(20)).toBeGreaterThan(1e-9);
    expect(off(30)).toBeGreaterThan(1e-4);
    expect(throughLog(37)).toBe(0);
    expect(crossEntropy([37, 0], 0)).toBe(8.533047625744066e-17);
  });

  it("so is the gradient: p − 1 is 0 from there on", () => {
    const [p] = softmax([37, 0]);
    expect(p - 1).toBe(0);
    expect(crossEntropy.valueAndGrad([37, 0], 0).grad[0]).toBe(-8.533047625744066e-17);
  });
});
