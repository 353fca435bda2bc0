import { type ClassFormulaCall, registerBackend } from "@surprisal/core/authoring";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { focalLoss } from "../focalLoss/focalLoss.ts";
import { multiMarginLoss } from "../multiMarginLoss/multiMarginLoss.ts";
import { sparsemaxLoss } from "../sparsemaxLoss/sparsemaxLoss.ts";
import { formulaLossNamed } from "../threads.ts";
import { defineClassLoss } from "./defineClassLoss.ts";

const calls: ClassFormulaCall[] = [];

beforeEach(() => {
  calls.length = 0;
  // A backend that finds the formula by its name, as workers do.
  registerBackend({
    classFormula(call) {
      calls.push(call);
      const { loss, x, layout, targets, rows, gradient } = call;
      formulaLossNamed(loss.name, loss.options)(x, layout, targets, rows, gradient);
      return true;
    },
  });
});

afterEach(() => registerBackend(undefined));

const [rows, classes] = [41, 7];
const numbers = (seed: number) =>
  Float32Array.from({ length: rows * classes }, (_, i) => Math.sin(seed * i));
const input = { data: numbers(3), shape: [rows, classes] };
const indices = Int32Array.from({ length: rows }, (_, r) => (r % 5 === 0 ? -100 : r % classes));
const probabilities = { data: numbers(5).map(Math.abs), shape: [rows, classes] };
const weight = Float64Array.from({ length: classes }, (_, j) => j % 3);

/** Returns what a call gives with the backend and without. */
function both<Result>(call: () => Result): [Result, Result] {
  const withBackend = call();
  registerBackend(undefined);
  return [withBackend, call()];
}

interface AnyLoss {
  (...args: unknown[]): unknown;
  valueAndGrad(...args: unknown[]): unknown;
}

describe.each([
  ["multiMarginLoss", multiMarginLoss as unknown as AnyLoss, { p: 2, margin: 0.5 }],
  ["sparsemaxLoss", sparsemaxLoss as unknown as AnyLoss, {}],
] as const)("a backend computes %s", (name, loss, options) => {
  it.each<[string, () => unknown]>([
    ["of class indices", () => loss.valueAndGrad(input, indices, options)],
    ["with weights", () => loss(input, indices, { ...options, weight, reduction: "none" })],
    [
      "with label smoothing",
      () => loss.valueAndGrad(input, indices, { ...options, weight, labelSmoothing: 0.1 }),
    ],
    ["of class probabilities", () => loss.valueAndGrad(input, probabilities, options)],
    [
      "that skips masked classes",
      () => {
        const data = input.data.map((x, i) => (i % 9 === 1 ? Number.NEGATIVE_INFINITY : x));
        const masked = { ...options, labelSmoothing: 0.1, skipMasked: true };
        return loss.valueAndGrad({ ...input, data }, probabilities, masked);
      },
    ],
    [
      "with gradients that underflow before they are scaled",
      () => {
        const data = Float64Array.from(input.data);
        const tiny = new Float64Array(classes).fill(1e-320);
        const scaled = { weight: tiny, reduction: "sum", gradOutput: 1e300 };
        return loss.valueAndGrad({ ...input, data }, indices, { ...options, ...scaled });
      },
    ],
  ])("%s", (_, call) => {
    const [actual, expected] = both(call);
    expect(actual).toEqual(expected);
    expect(calls.map((call) => call.loss)).toMatchObject([{ name, options }]);
  });
});

it("a backend computes losses of probabilities where their kernel does not", () => {
  const [actual, expected] = both(() => [
    focalLoss.valueAndGrad(input, indices, { gamma: 1.5, labelSmoothing: 0.1 }),
    focalLoss.valueAndGrad(input, indices),
  ]);
  expect(actual).toEqual(expected);
  expect(calls.map(({ loss }) => loss.options)).toEqual([{ gamma: 1.5 }]);
});

it("a backend is not asked for a loss of another author", () => {
  const first = defineClassLoss({
    kind: "class",
    name: "multiMarginLoss",
    formula: () => (x, coefficients) => x[0] * coefficients[0],
  });
  const [actual, expected] = both(() => first(input, indices));
  expect(actual).toBe(expected);
  expect(calls).toEqual([]);
});

it("a backend need not compute formulas", () => {
  registerBackend({});
  const [actual, expected] = both(() => sparsemaxLoss(input, indices));
  expect(actual).toBe(expected);
});

it("names of other losses are refused", () => {
  for (const name of ["crossEntropy", "mseLoss", "toString"]) {
    expect(() => formulaLossNamed(name, {})).toThrow(
      `formulaLossNamed: no loss named ${name} has a formula of its rows.`,
    );
  }
});
