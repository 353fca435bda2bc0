import { random } from "@surprisal/testing";
import { afterEach, describe, expect, it } from "vitest";
import { kernels, useKernels } from "./backend.ts";
import type { ClassFunction, ClassFunctionForm } from "./classFunctions.ts";
import { composedSoftCrossEntropyKernel } from "./dispatch.ts";
import { stagingLength } from "./limits.ts";
import { hasGradScaleAbove, type RowData } from "./rowData.ts";
import type { SoftTargets } from "./softInterface.ts";

afterEach(() => void useKernels("auto"));

const smoothing: SoftTargets = {
  probabilities: undefined,
  weight: undefined,
  labelSmoothing: 0.1,
  zLoss: 0,
  softcap: Number.POSITIVE_INFINITY,
  skipMasked: false,
};

/** The cross-entropy itself. */
const identity: ClassFunction = {
  replaceByLosses: (_values, _p, _complement, count, derivatives) =>
    void derivatives?.fill(1, 0, count),
};

/** The forms that kernels compute, beside the same functions in JavaScript. */
const functions: [ClassFunctionForm, ClassFunction["replaceByLosses"]][] = [
  [
    { name: "focal", exponent: 3 },
    (c, p, u, count, derivatives) => {
      for (let i = 0; i < count; i++) {
        const finite = p[i] === 0 ? 0 : p[i] * c[i];
        if (derivatives) derivatives[i] = u[i] ** 2 * (u[i] + 3 * finite);
        c[i] *= u[i] ** 3;
      }
    },
  ],
  [
    { name: "linear", crossEntropy: 0.5, complement: 2 },
    (c, p, u, count, derivatives) => {
      for (let i = 0; i < count; i++) {
        if (derivatives) derivatives[i] = 0.5 + 2 * p[i];
        c[i] = 0.5 * c[i] + 2 * u[i];
      }
    },
  ],
  [
    { name: "power", exponent: 0.3 },
    (c, _p, _u, count, derivatives) => {
      for (let i = 0; i < count; i++) {
        if (derivatives) derivatives[i] = Math.exp(-0.3 * c[i]);
        c[i] = -Math.expm1(-0.3 * c[i]) / 0.3;
      }
    },
  ],
];

function compute(
  [rows, size]: readonly [number, number],
  loss: ClassFunction,
  soft = smoothing,
  logits = random(size),
) {
  const x = Float32Array.from({ length: rows * size }, (_, i) =>
    i % 17 === 5 ? -Infinity : 4 * logits.normal(),
  );
  const gradient = new Float32Array(x.length);
  const values = new Float64Array(rows);
  const rowData: RowData = {
    load(first, count, targets, gradScale) {
      for (let i = 0; i < count; i++) targets[i] = (first + i) % 5 === 4 ? -1 : (first + i) % size;
      gradScale.fill(0.5, 0, count);
    },
    store: (first, count, stored) => values.set(stored.subarray(0, count), first),
  };
  const layout = { outer: rows, size, inner: 1 };
  const isComputed = composedSoftCrossEntropyKernel(x, layout, soft, rowData, gradient, loss);
  return { isComputed, values, gradient };
}

describe.each(kernels().available.filter((name) => name !== "js"))("the %s kernels", (set) => {
  it.each(functions)("compute the form %j as JavaScript does", (form, replaceByLosses) => {
    useKernels(set);
    for (const shape of [
      [2, 3],
      [999, 10],
      [5, 257],
      [2, 5000],
    ] as const) {
      const known = compute(shape, { form, replaceByLosses: () => expect.unreachable() });
      const blocks = compute(shape, { replaceByLosses });
      expect([known.isComputed, blocks.isComputed]).toEqual([true, true]);
      for (let row = 0; row < shape[0]; row++) {
        const [actual, expected] = [known.values[row], blocks.values[row]];
        if (actual !== expected) expect(actual / expected).toBeCloseTo(1, 9);
      }
      const largest = Math.max(...known.gradient.map(Math.abs));
      known.gradient.forEach((actual, k) => {
        const miss = Math.abs(actual - blocks.gradient[k]);
        expect(miss).toBeLessThanOrEqual(2 ** -23 * Math.abs(actual) + 1e-9 * largest);
      });
    }
  });

  it("leave what they do not compute to the caller", () => {
    useKernels(set);
    const shape = [30, 10] as const;
    expect(compute(shape, identity).isComputed).toBe(true);
    const probabilities = new Float32Array(300).fill(0.1);
    expect(compute(shape, identity, { ...smoothing, probabilities }).isComputed).toBe(true);
    const bytes = new Uint8Array(300).fill(1);
    const ofBytes = compute(shape, identity, { ...smoothing, probabilities: bytes });
    const ones = new Float32Array(300).fill(1);
    expect(ofBytes).toEqual(compute(shape, identity, { ...smoothing, probabilities: ones }));
    for (const declined of [
      { zLoss: 1e-4 },
      { softcap: 30 },
      { probabilities: Float64Array.from(probabilities) },
      { probabilities: [...probabilities] },
    ]) {
      expect(compute(shape, identity, { ...smoothing, ...declined }).isComputed).toBe(false);
    }
    expect(compute([1, stagingLength], identity).isComputed).toBe(true);
    expect(compute([1, stagingLength + 1], identity).isComputed).toBe(false);
    const layout = { outer: 30, size: 10, inner: 1 };
    const rowData: RowData = { load() {}, store() {} };
    const rest = [layout, smoothing, rowData] as const;
    const doubles = new Float64Array(300);
    const floats = new Float32Array(300);
    expect(composedSoftCrossEntropyKernel(doubles, ...rest, undefined, identity)).toBe(false);
    expect(composedSoftCrossEntropyKernel(floats, ...rest, doubles, identity)).toBe(false);
  });
});

it("the kernels in JavaScript leave everything to the caller", () => {
  useKernels("js");
  expect(compute([30, 10], identity).isComputed).toBe(false);
});

it.each([
  ["a constant one", { constantGradScale: -3 }, [], 3, false],
  ["a larger constant one", { constantGradScale: -3 }, [], 2.9, true],
  ["one of many rows", {}, [[5000, -4]], 3, true],
  ["one that is not larger", {}, [[5000, -4]], 4, false],
  ["NaN", {}, [[17, Number.NaN]], 4, true],
  ["one of an ignored row", {}, [[4, 1e300]], 4, false],
] as const)(
  "an upstream gradient is found to be extreme: %s",
  (_, constant, scales, most, isAbove) => {
    const rowData: RowData = {
      ...constant,
      load(first, count, targets, gradScale) {
        for (let i = 0; i < count; i++) targets[i] = (first + i) % 5 === 4 ? -1 : 0;
        gradScale.fill(1, 0, count);
        for (const [row, scale] of scales) {
          if (row >= first && row < first + count) gradScale[row - first] = scale;
        }
      },
      store() {},
    };
    expect(hasGradScaleAbove(most, rowData, 9000)).toBe(isAbove);
  },
);
