// The divergences of float32 rows against the same formulas in float64.
import { kernels, logSoftmax, softmax, useKernels } from "@surprisal/core";
import { random, ulpAt } from "@surprisal/testing";
import { afterEach, describe, expect, it } from "vitest";
import { distillationLoss } from "../distillationLoss/distillationLoss.ts";
import { jensenShannonDivergence } from "../jensenShannonDivergence/jensenShannonDivergence.ts";

interface Rows {
  readonly data: Float32Array | Float64Array;
  readonly shape: readonly number[];
}

afterEach(() => {
  useKernels("auto");
});

const toFloat64 = ({ data, shape }: Rows) => ({ data: Float64Array.from(data), shape });

const { normal, uniform } = random(31);
const infinity = Number.POSITIVE_INFINITY;

/** Pairs of logits of a class in a row. */
const pairs: Readonly<Record<string, (j: number, row: number) => readonly [number, number]>> = {
  unrelated: () => [2 * normal(), 2 * normal()],
  "far apart": () => [60 * normal(), 60 * normal()],
  "large and alike": () => {
    const x = 1000 + normal();
    return [x, x + 1e-3 * normal()];
  },
  "nearly equal": () => {
    const x = 2 * normal();
    return [x, x * (1 + 1e-6 * normal())];
  },
  "nearly equal up to a constant": () => {
    const x = normal();
    return [x, x * (1 + 1e-4 * normal()) + 7];
  },
  "with one class near 1": (j, row) => [
    j === row % 2 ? 50 : normal(),
    j === 0 ? 50 + uniform() : normal(),
  ],
  "that lack classes": (j) => [
    j > 0 && uniform() < 0.3 ? -infinity : normal(),
    j > 0 && uniform() < 0.3 ? -infinity : normal(),
  ],
};

function rowsOf(kind: string, rows: number, size: number): [Rows, Rows] {
  const x = { data: new Float32Array(rows * size), shape: [rows, size] };
  const y = { data: new Float32Array(rows * size), shape: [rows, size] };
  for (let i = 0; i < rows * size; i++) {
    [x.data[i], y.data[i]] = pairs[kind](i % size, Math.floor(i / size));
  }
  return [x, y];
}

/** Checks numbers to 8 ulp of the largest term of each, or of the number itself. NaN and infinities must be equal. */
function expectNear(actual: Rows, expected: Rows, terms?: ArrayLike<number>): void {
  const isWrong = (e: number, i: number) => {
    const a = actual.data[i];
    if (!Number.isFinite(e)) return !Object.is(a, e);
    const ulp = ulpAt(Math.max(Math.abs(e), terms?.[i] ?? 0), "float32");
    return !(Math.abs(a - e) <= 8 * ulp);
  };
  const wrong = expected.data.findIndex(isWrong);
  const found = { element: wrong, actual: actual.data[wrong], expected: expected.data[wrong] };
  expect(found).toEqual({ element: -1 });
}

/** Returns for each element max(p, q) · min(1, the largest |log(p / q)| of its row): the terms of the gradients. */
function largestTerms(x: Rows, y: Rows, temperature: number): Float64Array {
  const [p, q] = [x, y].map((rows) => softmax(toFloat64(rows), { temperature }).data);
  const [logP, logQ] = [x, y].map((rows) => logSoftmax(toFloat64(rows), { temperature }).data);
  const size = x.shape[1];
  return Float64Array.from(p, (_, i) => {
    let largest = 0;
    for (let k = i - (i % size), end = k + size; k < end; k++) {
      const ratio = Math.abs(logP[k] - logQ[k]);
      // Infinite for a class that one of them lacks, NaN for both.
      if (ratio > largest) largest = ratio;
    }
    return Math.max(p[i], q[i]) * Math.min(1, largest);
  });
}

const none = { reduction: "none" } as const;

describe.each(kernels().available)("float32 rows, kernels %s", (name) => {
  describe.each(Object.keys(pairs))("%s", (kind) => {
    it.each([
      [40, 2],
      [30, 3],
      [20, 10],
      [9, 37],
      [3, 1000],
      [1, 4096],
      [2, 4099],
    ])("%i rows of %i classes", (rows, size) => {
      const [x, y] = rowsOf(kind, rows, size);
      const [x64, y64] = [toFloat64(x), toFloat64(y)];
      for (const temperature of [1, 2, 0.3]) {
        const options = { ...none, temperature };
        const expected = distillationLoss.valueAndGrad(x64, y64, options);
        useKernels(name);
        const actual = distillationLoss.valueAndGrad(x, y, options);
        expect(distillationLoss(x, y, options)).toEqual(actual.value);
        useKernels("auto");
        expectNear(actual.value as Rows, expected.value as Rows);
        const terms = largestTerms(x, y, temperature).map((term) => temperature * term);
        expectNear(actual.grad as Rows, expected.grad as Rows, terms);
      }
      const expected = jensenShannonDivergence.valueAndGrad(x64, y64, none);
      useKernels(name);
      const actual = jensenShannonDivergence.valueAndGrad(x, y, none);
      expect(jensenShannonDivergence(x, y, none)).toEqual(actual.value);
      useKernels("auto");
      expectNear(actual.value as Rows, expected.value as Rows);
      const terms = largestTerms(x, y, 1);
      expectNear(actual.grads.input1 as Rows, expected.grads.input1 as Rows, terms);
      expectNear(actual.grads.input2 as Rows, expected.grads.input2 as Rows, terms);
    });
  });

  it("are 0 where the distributions are equal", () => {
    const [x] = rowsOf("unrelated", 20, 37);
    useKernels(name);
    const divergence = jensenShannonDivergence.valueAndGrad(x, x, none);
    for (const result of [
      distillationLoss.valueAndGrad(x, x, none),
      { value: divergence.value, grad: divergence.grads.input1 },
      { value: divergence.value, grad: divergence.grads.input2 },
    ]) {
      for (const { data } of [result.value, result.grad] as Rows[]) {
        expect(data.every((element) => element === 0)).toBe(true);
      }
    }
  });

  it("are NaN alone where a logit is NaN or +∞, or all are −∞", () => {
    for (const size of [10, 5000]) {
      const [x, y] = rowsOf("unrelated", 9, size);
      x.data[size + 3] = Number.NaN;
      y.data[2 * size + 3] = Number.NaN;
      x.data[3 * size + 3] = infinity;
      y.data[4 * size + 3] = infinity;
      x.data.fill(-infinity, 5 * size, 6 * size);
      y.data.fill(-infinity, 6 * size, 7 * size);
      useKernels(name);
      const soft = distillationLoss.valueAndGrad(x, y, none);
      const mixed = jensenShannonDivergence.valueAndGrad(x, y, none);
      useKernels("auto");
      const expected = distillationLoss.valueAndGrad(toFloat64(x), toFloat64(y), none);
      const isNumber = (element: number) => !Number.isNaN(element);
      for (const { value, grad } of [
        soft,
        { value: mixed.value, grad: mixed.grads.input1 },
        { value: mixed.value, grad: mixed.grads.input2 },
      ]) {
        const { data } = value as Rows;
        expect(Array.from(data, isNumber)).toEqual(
          Array.from((expected.value as Rows).data, isNumber),
        );
        for (let r = 0; r < 9; r++) {
          const row = (grad as Rows).data.subarray(r * size, (r + 1) * size);
          expect(row.every((element) => isNumber(element) === isNumber(data[r]))).toBe(true);
        }
      }
    }
  });

  it("mix in the labels, in rows of weight 0 nothing", () => {
    const [x, y] = rowsOf("unrelated", 20, 37);
    const labels = { data: Int32Array.from({ length: 20 }, (_, r) => r - 1), shape: [20] };
    const sampleWeight = Float64Array.from({ length: 20 }, (_, r) => r % 3);
    x.data.fill(Number.NaN, 3 * 37, 4 * 37);
    y.data.fill(Number.NaN, 6 * 37, 7 * 37);
    for (const alpha of [0, 0.3, 1]) {
      const options = { labels, alpha, sampleWeight: { data: sampleWeight, shape: [20] } };
      for (const reduction of ["none", "mean"] as const) {
        const all = { ...options, reduction };
        const expected = distillationLoss.valueAndGrad(toFloat64(x), toFloat64(y), all);
        useKernels(name);
        const actual = distillationLoss.valueAndGrad(x, y, all);
        useKernels("auto");
        const scale = reduction === "mean" ? 1 / 20 : 1;
        const terms = new Float64Array(20 * 37).fill(scale);
        expectNear(actual.grad as Rows, expected.grad as Rows, terms);
        const rows = (value: unknown) =>
          typeof value === "number" ? { data: Float64Array.of(value), shape: [] } : (value as Rows);
        expectNear(rows(actual.value), rows(expected.value));
      }
    }
  });
});

it.each([
  ["distillationLoss", distillationLoss, 1000],
  ["distillationLoss of long rows", distillationLoss, 50_000],
  ["jensenShannonDivergence", jensenShannonDivergence, 1000],
  ["jensenShannonDivergence of long rows", jensenShannonDivergence, 50_000],
] as const)("with out, %s allocates nothing that grows with the input", (_, loss, size) => {
  const [x, y] = rowsOf("unrelated", 1e6 / size, size);
  const out = { data: new Float32Array(1e6), shape: x.shape };
  const call = loss.valueAndGrad as (...args: unknown[]) => unknown;
  const options = { out: { [loss === distillationLoss ? "input" : "input1"]: out } };
  const all = loss === distillationLoss ? options : { ...options, differentiate: ["input1"] };
  call(x, y, all);
  const before = process.memoryUsage().arrayBuffers;
  call(x, y, all);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(50_000);
});
