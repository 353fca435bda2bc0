import { random } from "@surprisal/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as authoring from "../src/authoring.ts";
import { allocate, kernels, logAddExp, sigmoid, softplus, useKernels } from "../src/index.ts";
import { distance, type ElementName, exact, worstElement } from "./worstElement.ts";

const elementKernels = { ...authoring };

/** The promised errors in ulp. `scripts/checkElements.ts` tries every float32. */
const promised: Readonly<Record<ElementName, number>> = {
  exp: 1,
  expm1: 2,
  log: 1,
  log1p: 2,
  tanh: 2.5,
  sigmoid: 2.5,
  softplus: 2.5,
  logSigmoid: 2.5,
};
const names = Object.keys(promised) as ElementName[];
/** Returns the error of an element in ulp; in float64 in units of 4e-16. */
function errorOf(out: Float32Array | Float64Array, i: number, expected: number): number {
  if (out instanceof Float32Array) return distance(out[i], expected);
  if (Object.is(out[i], expected)) return 0;
  return Math.abs(out[i] - expected) / (4e-16 * Math.abs(expected));
}

const levels = kernels().available.filter((name) => name !== "js");

describe.each(levels)("the element kernels of %s", (level) => {
  it.each(names)("%s keeps its promise on every 10007th float32", (name) => {
    const { ulp, x } = worstElement(level, name, 10007);
    expect(ulp, `at ${x}`).toBeLessThanOrEqual(promised[name]);
    expect(ulp).toBeGreaterThan(0.5);
  });
});

describe.each(kernels().available)("the element kernels for authors, %s", (level) => {
  beforeAll(() => void useKernels(level));
  afterAll(() => void useKernels("auto"));

  const inf = Number.POSITIVE_INFINITY;
  const special = [
    0,
    -0,
    1e-45,
    -1e-45,
    1e-38,
    -1,
    1,
    88.8,
    -88.8,
    3e38,
    -3e38,
    inf,
    -inf,
    Number.NaN,
  ];

  it.each(names)("%s computes float32 and float64, any count, in place and beside", (name) => {
    const kernel = elementKernels[`${name}Kernel`];
    const r = random(3);
    for (const count of [1, 63, 64, 67, 2048, 5001]) {
      const values = Float64Array.from({ length: count }, (_, i) => special[i] ?? 10 * r.normal());
      const inputs = [Float32Array.from(values), values, allocate([count]).data];
      inputs[2].set(values);
      for (const input of inputs) {
        const isFloat32 = input instanceof Float32Array;
        const out = isFloat32 ? new Float32Array(count + 1) : new Float64Array(count + 1);
        kernel(input, out, count);
        expect(out[count]).toBe(0);
        const errors = Array.from(input, (value, i) => errorOf(out, i, exact[name](value)));
        expect(Math.max(...errors)).toBeLessThanOrEqual(promised[name]);
        const inPlace = input.slice();
        kernel(inPlace, inPlace, count);
        expect(inPlace).toEqual(out.subarray(0, count));
      }
    }
  });

  it("softplusSigmoid equals its two halves", () => {
    const x = Float32Array.from({ length: 3001 }, (_, i) => i / 50 - 30);
    const pair = [new Float32Array(3001), new Float32Array(3001)] as const;
    authoring.softplusSigmoidKernel(x, ...pair, 3001);
    expect(pair).toEqual([softplus(x), sigmoid(x)]);
  });

  it("logAddExp is within 3 ulp of its largest part, and broadcasts", () => {
    const r = random(8);
    const a = Float32Array.from({ length: 4001 }, (_, i) => special[i] ?? 20 * r.normal());
    const b = Float32Array.from({ length: 4001 }, (_, i) => special[13 - i] ?? 20 * r.normal());
    const check = (result: Float32Array, y: (i: number) => number) => {
      const errors = Array.from(result, (value, i) => {
        const max = Math.max(a[i], y(i));
        const rest = a[i] === y(i) ? Math.LN2 : Math.log1p(Math.exp(-Math.abs(a[i] - y(i))));
        if (!Number.isFinite(max)) return Object.is(value, Math.fround(max + rest)) ? 0 : inf;
        const unit = Math.max(Math.abs(max), rest, 2 ** -126) * 2 ** -23;
        return Math.abs(value - (max + rest)) / unit;
      });
      expect(Math.max(...errors)).toBeLessThan(3);
    };
    check(logAddExp(a, b), (i) => b[i]);
    check(logAddExp(a, 0.5), () => 0.5);
    check(logAddExp(a, 0.1), () => 0.1);
    check(logAddExp(0.5, a), () => 0.5);
  });

  it("logAddExp is within 3 ulp of its larger part where the two cancel", () => {
    const r = random(9);
    const a = new Float32Array(4000);
    const b = a.map((_, i) => {
      const gap = -25 * r.uniform();
      const larger = -Math.log1p(Math.exp(gap)) * (1 + 0.1 * (r.uniform() - 0.5));
      a[i] = larger + gap;
      return larger;
    });
    const errors = Array.from(logAddExp(a, b), (value, i) => {
      const rest = Math.log1p(Math.exp(a[i] - b[i]));
      return Math.abs(value - (b[i] + rest)) / 2 ** (Math.floor(Math.log2(rest)) - 23);
    });
    expect(Math.max(...errors)).toBeLessThan(3);
  });

  it("the binary cross-entropy keeps the digits of a sure and right answer", () => {
    const x = Float32Array.from({ length: 100 }, (_, i) => (i % 2 === 0 ? 1 : -1) * (i + 0.25));
    const y = Float32Array.from(x, (logit) => (logit > 0 ? 1 : 0));
    x[0] = inf;
    y[0] = 1;
    x[1] = -inf;
    y[1] = 0;
    const [losses, gradient] = [new Float32Array(100), new Float32Array(100)];
    authoring.binaryCrossEntropyKernel(x, y, losses, gradient, 100);
    x.forEach((logit, i) => {
      const e = Math.exp(-Math.abs(logit));
      expect(distance(losses[i], Math.log1p(e))).toBeLessThanOrEqual(2.5);
      expect(distance(Math.abs(gradient[i]), e / (1 + e))).toBeLessThanOrEqual(2.5);
      if (e > 1e-40) expect(Math.sign(gradient[i])).toBe(-Math.sign(logit));
    });
  });

  it("the binary cross-entropy and the squared difference equal their formulas in float64", () => {
    const r = random(5);
    const x = Float32Array.from({ length: 2500 }, () => 5 * r.normal());
    const y = Float32Array.from({ length: 2500 }, () => r.uniform());
    const losses = new Float32Array(2500);
    const gradient = new Float32Array(2500);
    authoring.binaryCrossEntropyKernel(x, y, losses, gradient, 2500);
    x.forEach((logit, i) => {
      const expected = y[i] * exact.softplus(-logit) + (1 - y[i]) * exact.softplus(logit);
      expect(Math.abs(losses[i] - expected)).toBeLessThan(4e-7 * expected);
      expect(gradient[i]).toBeCloseTo(exact.sigmoid(logit) - y[i], 6);
    });
    const withGradient = losses.slice();
    authoring.binaryCrossEntropyKernel(x, y, losses, undefined, 2500);
    expect(losses).toEqual(withGradient);
    authoring.squaredDifferenceKernel(x, y, losses, gradient, 2500);
    x.forEach((value, i) => {
      expect(distance(losses[i], (value - y[i]) ** 2)).toBeLessThanOrEqual(2.5);
      expect(distance(gradient[i], 2 * (value - y[i]))).toBeLessThanOrEqual(0.5);
    });
  });

  it("scaling keeps infinities, whatever the factor leaves beside its float32", () => {
    for (const factor of [1, 2, 1 / 64, 1 / 100, 1 / 102, 1e-8, -3.3, 1e37 / 3, -1e37 / 7]) {
      const block = new Float32Array(128).fill(Number.POSITIVE_INFINITY);
      block[1] = Number.NEGATIVE_INFINITY;
      block[2] = Number.NaN;
      block[3] = 7;
      authoring.scaleKernel(block, factor, 128);
      const infinity = Math.sign(factor) * Number.POSITIVE_INFINITY;
      expect([...block.subarray(0, 5)]).toEqual([
        infinity,
        -infinity,
        Number.NaN,
        Math.fround(7 * factor),
        infinity,
      ]);
    }
  });

  it("weights multiply blocks, in the kernels' memory and outside it", () => {
    const r = random(14);
    const factor = 1 / 300;
    for (const elementType of ["float32", "float64"] as const) {
      const block = authoring.blockPool(elementType).acquire(authoring.elementBlockLength);
      const round = elementType === "float32" ? Math.fround : (x: number) => x;
      for (const count of [3, 67, authoring.elementBlockLength]) {
        const values = Array.from({ length: count }, (_, i) =>
          i % 7 === 0 ? Number.NaN : r.normal(),
        );
        const weights = Float64Array.from({ length: count }, (_, i) =>
          i % 7 === 0 ? 0 : r.uniform(),
        );
        block.set(values);
        const products = values.map((x, i) =>
          weights[i] === 0 ? 0 : round(x) * (weights[i] * factor),
        );
        authoring.weighKernel(block, weights, factor, count);
        expect(Array.from(block.subarray(0, count))).toEqual(products.map(round));
      }
      // A weight of 0 counts, also if the factor is no number.
      block.set([1, 2, 3, 4]);
      authoring.weighKernel(block, Float64Array.of(0, 1, 0, 2), Number.NaN, 4);
      expect(Array.from(block.subarray(0, 4))).toEqual([0, Number.NaN, 0, Number.NaN]);
    }
  });

  it("weights are added up as by `weightsOf`, and plain ones are recognized", () => {
    const { sumOf, weightsKernel, weightsOf } = authoring;
    for (const length of [0, 1, 3, 4, 64, 100, 2047, 2048, 2049, 10_004]) {
      const weights = Float64Array.from({ length }, (_, i) => (i % 3) * (1 + 2 ** -(i % 50)));
      const { values, sum, arePlain } = weightsKernel(weights);
      expect(sum).toBe(weightsOf(weights).sum);
      expect(values).toBe(weights);
      expect(arePlain).toBe(true);
      expect(Math.abs(sum - sumOf(weights))).toBeLessThanOrEqual(2 ** -52 * sum);
      for (const extreme of [
        2 ** -31,
        2 ** 30,
        5e-324,
        -5e-324,
        -1,
        -1e300,
        Number.NaN,
        Infinity,
      ]) {
        for (const place of [0, length >> 1, length - 1]) {
          if (length === 0) continue;
          const others = weights.with(place, extreme);
          expect(weightsKernel(others).arePlain).toBe(false);
          expect(weightsOf(others).arePlain).toBe(false);
        }
      }
      for (const plain of [2 ** -30, 2 ** 29.99]) {
        if (length === 0) continue;
        expect(weightsKernel(weights.with(length - 1, plain)).arePlain).toBe(true);
        expect(weightsOf(weights.with(length - 1, plain)).arePlain).toBe(true);
      }
    }
  });

  it("compensated sums lose nothing, however the numbers are divided", () => {
    for (const length of [0, 1, 3, 4, 5, 4099]) {
      const weights = Float64Array.from({ length }, (_, i) => (i % 5 === 0 ? 2 ** 53 : 1));
      const large = Math.ceil(length / 5);
      const expected = large * 2 ** 53 + (length - large);
      expect(authoring.sumOf(weights)).toBe(expected);
      const parts = authoring.compensatedSum();
      for (let start = 0, size = 1; start < length; start += size, size = (size % 7) + 1) {
        parts.add(weights, Math.min(length, start + size), start);
      }
      expect(parts.value()).toBe(expected);
    }
    expect(authoring.sumOf(Float64Array.of(1, 2, 4, 8, 16, 32), 0, 5)).toBe(31);
    for (const weights of [
      [1e308, 1e308, 1e308, 1, 1],
      [Infinity, 1, 1, 1],
      [1e308, 1, 1, 1, 1e308, 1, 1, 1],
      [1, 1, 1, 1, Infinity],
    ]) {
      expect(authoring.sumOf(Float64Array.from(weights))).toBe(Infinity);
    }
  });

  it("blocks are summed and scaled, in the kernels' memory and outside it", () => {
    for (const elementType of ["float32", "float64"] as const) {
      const pool = authoring.blockPool(elementType);
      const blocks = Array.from({ length: 70 }, () => pool.acquire(10));
      blocks.forEach((block, i) => {
        block.fill(i + 1);
      });
      for (const [i, block] of blocks.entries()) {
        authoring.scaleKernel(block, 0.5, 103);
        const sum = authoring.blockSum();
        sum.add(block, 103);
        sum.add(block, 3);
        expect(sum.value()).toBe(((i + 1) / 2) * 106);
      }
      for (const block of blocks) pool.release(block);
      expect(blocks).toContain(pool.acquire(1));
      expect(pool.acquire(5000).length).toBe(5000);
    }
  });
});
