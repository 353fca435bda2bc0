// Losses that are functions of probabilities, with soft targets in float32: the kernels against the definitions.
import { kernels, type Tensor, tensor, useKernels } from "@surprisal/core";
import { type Random, random } from "@surprisal/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type ClassFunction,
  classFunctions,
  coefficientsOf,
  softRow,
} from "../../test/softReference.ts";
import { focalLoss } from "../focalLoss/focalLoss.ts";
import { generalizedCrossEntropy } from "../generalizedCrossEntropy/generalizedCrossEntropy.ts";
import { polyLoss } from "../polyLoss/polyLoss.ts";
import { symmetricCrossEntropy } from "../symmetricCrossEntropy/symmetricCrossEntropy.ts";

interface AnyLoss {
  (input: unknown, target: unknown, options: object): Tensor;
  valueAndGrad(input: unknown, target: unknown, options: object): { value: Tensor; grad: Tensor };
}

const losses: Record<string, unknown> = {
  focalLoss,
  generalizedCrossEntropy,
  polyLoss,
  symmetricCrossEntropy,
};

/** The options of each loss that the kernels know, and some that JavaScript computes in blocks. */
const ownOptions: [name: string, options: object][] = [
  ...[0, 1, 2, 3, 8, 9, 1.5, 0.5].map((gamma) => ["focalLoss", { gamma }] as [string, object]),
  ...[1, 0, -1, -3].map((epsilon) => ["polyLoss", { epsilon }] as [string, object]),
  ...[0.7, 1, 1e-3].map((q) => ["generalizedCrossEntropy", { q }] as [string, object]),
  ["symmetricCrossEntropy", { alpha: 1, beta: 1 }],
  ["symmetricCrossEntropy", { alpha: 0, beta: 2 }],
  ["symmetricCrossEntropy", { alpha: 0.1, beta: 0 }],
];

/** Sizes of rows and numbers of columns on both sides of the limits of blocks, groups and vectors. */
const shapes: [outer: number, size: number, inner: number][] = [
  [7, 10, 1],
  [410, 10, 1],
  [4100, 3, 1],
  [33, 255, 1],
  [5, 256, 1],
  [3, 1001, 1],
  [2, 5003, 1],
  [13, 7, 5],
  [2, 300, 3],
  [3, 21, 130],
  [2, 3, 64],
  [1, 1024, 66],
  [1, 1025, 64],
];

const kinds: Record<string, (r: Random, logits: number[]) => number[]> = {
  normal: (_, x) => x,
  dominated(r, x) {
    const j = r.below(x.length);
    return x.with(j, x[j] + [8, 12, 16, 20, 90, 800][r.below(6)]);
  },
  masked: (r, x) => x.map((logit) => (r.uniform() < 0.3 ? -Infinity : logit)),
  huge: (_, x) => x.map((logit) => logit * 1e30),
  tied: (_, x) => x.map(Math.round),
  subnormal: (_, x) => x.map((logit) => logit * 1e-40),
};

/** Draws a call. Each shape has its turn. */
function drawCall(r: Random, turn: number) {
  const [outer, size, inner] = shapes[turn % shapes.length];
  const [name, own] = ownOptions[r.below(ownOptions.length)];
  const kind = Object.keys(kinds)[r.below(6)];
  const rows = outer * inner;
  const logits = new Float32Array(rows * size);
  const probabilities = new Float32Array(rows * size);
  const indices = Int32Array.from({ length: rows }, () =>
    r.uniform() < 0.2 ? -100 : r.below(size),
  );
  const place = (row: number, j: number) =>
    (Math.floor(row / inner) * size + j) * inner + (row % inner);
  for (let row = 0; row < rows; row++) {
    const x = kinds[kind](r, Array.from({ length: size }, r.normal));
    for (let j = 0; j < size; j++) {
      logits[place(row, j)] = x[j];
      probabilities[place(row, j)] = r.uniform() < 0.3 ? 0 : r.uniform() / size;
    }
  }
  const isSoft = r.uniform() < 0.5;
  const hasWeight = r.uniform() < 0.4;
  const weight = Float64Array.from({ length: size }, () => Math.max(0, r.uniform() - 0.1));
  const coefficientOptions = {
    labelSmoothing: isSoft && r.uniform() < 0.5 ? 0 : [0.1, 0.5, 1][r.below(3)],
    weight: hasWeight ? weight : undefined,
    skipMasked: r.uniform() < 0.5,
  };
  const sampleWeight = Float32Array.from({ length: rows }, () => (r.uniform() < 0.2 ? 0 : 1.5));
  const gradOutput = Float32Array.from({ length: rows }, () => [1, -0.1, 1e20, 1e-20][r.below(4)]);
  const [shape, rowShape] =
    inner > 1
      ? [
          [outer, size, inner],
          [outer, inner],
        ]
      : [[outer, size], [outer]];
  return {
    ...{ name, own, kind, rows, size, logits, probabilities, indices, isSoft, place, shape },
    ...{ coefficientOptions, sampleWeight, gradOutput },
    input: tensor(logits, shape),
    target: isSoft ? tensor(probabilities, shape) : { data: indices, shape: rowShape },
    options: {
      ...own,
      ...coefficientOptions,
      axis: 1,
      reduction: "none",
      sampleWeight: tensor(sampleWeight, rowShape),
    },
    gradOptions: { gradOutput: tensor(gradOutput, rowShape), differentiate: ["input"] },
  };
}

const source = random(1);

const calls = Array.from({ length: 12 * shapes.length }, (_, turn) => drawCall(source, turn));

/** Rounding to float32 costs half an ulp. The rest is a thousandth of that, in units of the terms that may cancel. */
function expectRounded(actual: number, expected: number, size: number, label: string): void {
  if (Object.is(actual, expected) || (Number.isNaN(actual) && Number.isNaN(expected))) return;
  if (Math.abs(expected) >= 2 ** 128 * (1 - 2 ** -25) && Math.abs(actual) === Infinity) return;
  const bound = 2 ** -24 * Math.abs(expected) + 4e-10 * size + 2 ** -149;
  if (!(Math.abs(actual - expected) <= bound)) expect(actual, label).toBe(expected);
}

const available = kernels().available.filter((name) => name !== "js");

describe.each(available)("soft targets with the %s kernels", (set) => {
  beforeAll(() => void useKernels(set));
  afterAll(() => void useKernels("auto"));

  it.each(calls.map((call, i) => [i, call] as const))(
    "has the losses and gradients of the definition, call %i",
    (i, call) => {
      const loss = losses[call.name] as AnyLoss;
      const f: ClassFunction = classFunctions[call.name](call.own as never);
      const value = loss(call.input, call.target, call.options).data;
      const both = loss.valueAndGrad(call.input, call.target, {
        ...call.options,
        ...call.gradOptions,
      });
      const out = tensor(call.logits.slice(), call.shape);
      const inPlace = loss.valueAndGrad(out, call.target, {
        ...call.options,
        ...call.gradOptions,
        out,
      });
      expect(both.value.data).toEqual(value);
      expect(inPlace.value.data).toEqual(value);
      expect(out.data).toEqual(both.grad.data);
      const label = JSON.stringify({ i, name: call.name, own: call.own, kind: call.kind });
      for (let row = 0; row < call.rows; row++) {
        const places = Array.from({ length: call.size }, (_, j) => call.place(row, j));
        const x = places.map((k) => call.logits[k]);
        const target = call.isSoft ? places.map((k) => call.probabilities[k]) : call.indices[row];
        const coefficients = coefficientsOf(x, target, call.coefficientOptions);
        const isIgnored = target === -100 || call.sampleWeight[row] === 0;
        const isEmpty = isIgnored || coefficients.every((c) => c === 0);
        const reference = softRow(x, isEmpty ? x.map(() => 0) : coefficients, f);
        const scale = call.sampleWeight[row];
        const gradScale = scale * call.gradOutput[row];
        expectRounded(
          value[row],
          isEmpty ? 0 : scale * reference.loss,
          scale * reference.size,
          `${label} row ${row}`,
        );
        for (let j = 0; j < call.size; j++) {
          expectRounded(
            both.grad.data[places[j]],
            isEmpty ? 0 : gradScale * reference.gradient[j],
            Math.abs(gradScale * reference.sizes[j]),
            `${label} row ${row} class ${j}`,
          );
        }
      }
    },
  );

  it.each([
    ["focalLoss", [4000, 10]],
    ["generalizedCrossEntropy", [1000, 300]],
    ["polyLoss", [9, 40_000]],
  ] as const)("%s has the same bits wherever a block begins, shape %j", (name, [rows, size]) => {
    const loss = losses[name] as AnyLoss;
    const r = random(rows);
    const logits = Float32Array.from({ length: rows * size }, r.normal);
    const indices = Int32Array.from({ length: rows }, () => r.below(size));
    const run = (first: number, end: number) => {
      const x = tensor(logits.subarray(first * size, end * size), [end - first, size]);
      const options = { labelSmoothing: 0.1, reduction: "none", epsilon: -0.5 };
      if (name !== "polyLoss") delete (options as { epsilon?: number }).epsilon;
      return loss.valueAndGrad(x, indices.subarray(first, end), options);
    };
    const whole = run(0, rows);
    const cut = Math.floor(rows / 2) + 1;
    const parts = [run(0, cut), run(cut, rows)];
    expect(parts.flatMap(({ value }) => [...value.data])).toEqual([...whole.value.data]);
    let start = 0;
    for (const { grad } of parts) {
      expect(grad.data).toEqual(whole.grad.data.subarray(start, start + grad.data.length));
      start += grad.data.length;
    }
  });
});

it("computes extreme weights and factors by the formula", () => {
  const logits = Float32Array.from({ length: 140 }, (_, i) => (i % 2 === 0 ? 0 : 709.5));
  const [x, labels] = [tensor(logits, [70, 2]), new Int32Array(70).fill(1)];
  const exact = { shape: [70, 2], data: Float64Array.from(logits) };
  const weighted = { weight: [1, 1e307], labelSmoothing: 0.1 };
  expect(polyLoss(x, labels, weighted)).toBeCloseTo(polyLoss(exact, labels, weighted), 6);
  const probabilities = { shape: [70, 2], data: logits.map((logit) => Number(logit > 0)) };
  const loss = symmetricCrossEntropy(x, probabilities, { alpha: 1e300 });
  expect(loss).toBeGreaterThan(0);
  expect(loss).toBe(symmetricCrossEntropy(exact, probabilities, { alpha: 1e300 }));
});

it("computes extreme upstream gradients by the formula", () => {
  // The probability of the last class underflows to 0 in the kernels, but its product with the upstream gradient does not.
  const [logits, probabilities] = [new Float32Array(90), new Float32Array(90)];
  for (let k = 0; k < 90; k += 3) {
    logits[k] = 709.5;
    probabilities.fill(0.5, k, k + 2);
  }
  const gradientOf = (gradOutput: number) => {
    const [x, q] = [tensor(logits.slice(), [30, 3]), tensor(probabilities, [30, 3])];
    const options = { reduction: "sum", gradOutput, differentiate: ["input"] } as const;
    return polyLoss.valueAndGrad(x, q, options).grad.data;
  };
  expect(gradientOf(1)[2]).toBe(0);
  const gradient = gradientOf(1e290);
  expect(gradient[2]).toBeGreaterThan(1e-19);
  useKernels("js");
  expect(gradient).toEqual(gradientOf(1e290));
  useKernels("auto");
});

it("computes a call by the formula if the last of its columns has an extreme upstream gradient", () => {
  const [x, q] = [0, 1].map((i) => {
    const data = new Float32Array(90);
    if (i === 0) data.fill(709.5, 0, 30);
    else data.fill(0.5, 0, 60);
    return tensor(data, [3, 30]);
  });
  const options = { axis: 0, reduction: "none", differentiate: ["input"] } as const;
  const gradOutput = new Float64Array(30).fill(1);
  const gradientOf = () =>
    polyLoss.valueAndGrad(x, q, { ...options, gradOutput: { data: gradOutput, shape: [30] } }).grad
      .data;
  expect(gradientOf()[89]).toBe(0);
  gradOutput[29] = 1e290;
  expect(gradientOf()[89]).toBeGreaterThan(1e-19);
});
