import { random, ulpAt } from "@surprisal/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as authoring from "../src/authoring.ts";
import { kernels, useKernels } from "../src/index.ts";
import { distance } from "./worstElement.ts";

const { POSITIVE_INFINITY: inf, NaN: nan } = Number;
const length = authoring.elementBlockLength;
const sign = (d: number) => Number(d > 0) - Number(d < 0);
const huber = (d: number, delta: number) => {
  const size = Math.abs(d);
  return size <= delta ? 0.5 * d * d : delta * (size - 0.5 * delta);
};
const clamp = (d: number, bound: number) => Math.max(-bound, Math.min(bound, d));

type Block = ReturnType<authoring.BlockPool["acquire"]>;

/** Each kernel with its formulas in float64. */
const cases: readonly {
  readonly name: string;
  run(x: Block, y: Block, outputs: authoring.BlockOutputs, count: number): number | undefined;
  loss(x: number, y: number): number;
  slope(x: number, y: number): number;
}[] = [
  {
    name: "squaredDifference",
    run: authoring.squaredDifferenceBlock,
    loss: (x, y) => (x - y) ** 2,
    slope: (x, y) => 2 * (x - y),
  },
  {
    name: "absoluteDifference",
    run: authoring.absoluteDifferenceBlock,
    loss: (x, y) => Math.abs(x - y),
    slope: (x, y) => sign(x - y),
  },
  ...[1, 0.3, 5].flatMap((threshold) => [
    {
      name: `huber ${threshold}`,
      run: (x: Block, y: Block, outputs: authoring.BlockOutputs, count: number) =>
        authoring.huberBlock(x, y, outputs, count, threshold),
      loss: (x: number, y: number) => huber(x - y, threshold),
      slope: (x: number, y: number) => clamp(x - y, threshold),
    },
    {
      name: `smoothL1 ${threshold}`,
      run: (x: Block, y: Block, outputs: authoring.BlockOutputs, count: number) =>
        authoring.smoothL1Block(x, y, outputs, count, threshold),
      loss: (x: number, y: number) => huber(x - y, threshold) / threshold,
      slope: (x: number, y: number) => clamp((x - y) / threshold, 1),
    },
  ]),
];

interface LossCase {
  readonly name: string;
  run(x: Block, y: Block, outputs: authoring.BlockOutputs, count: number): number | undefined;
  /** The arguments, given two numbers of a normal distribution. The default is a wide range. */
  argumentsOf(x: number, y: number): [x: number, y: number];
  /** The terms of the loss: where they cancel, errors are measured in ulp of the largest. */
  loss(x: number, y: number): number[];
  /** The terms of the derivatives. */
  readonly slopes: readonly ((x: number, y: number) => number[])[];
  /** The largest error in ulp. The default is 6. */
  readonly bound?: number;
}

const softplus = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const toLabel = (y: number) => (y > 0 ? 1 : 0);
const toSign = (y: number) => (y > 0 ? 1 : -1);

/** The focal loss of a hard label, and its derivative. */
function focal(x: number, y: number, alpha: number, gamma: number): [loss: number, slope: number] {
  const z = y === 1 ? x : -x;
  const weight = alpha < 0 ? 1 : y === 1 ? alpha : 1 - alpha;
  const miss = sigmoid(-z);
  const factor = weight * miss ** gamma;
  const slope = -factor * (miss + gamma * sigmoid(z) * softplus(-z));
  return [factor * softplus(-z), y === 1 ? slope : -slope];
}

const logitOf = (p: number) => Math.log(p / (1 - p));

/** The asymmetric loss of a hard label, and its derivative. */
function asymmetric(
  x: number,
  y: number,
  clip: number,
  gammaPos: number,
  gammaNeg: number,
): [loss: number, slope: number] {
  const [p, q] = [sigmoid(x), sigmoid(-x)];
  if (y === 1) {
    const factor = q ** gammaPos;
    return [factor * softplus(-x), -factor * (q + gammaPos * p * softplus(-x))];
  }
  // p − clip, without cancellation.
  const distance = x - logitOf(clip);
  if (distance <= 0) return [0, 0];
  const s = (1 - clip) * p * -Math.expm1(-distance);
  const complement = q + clip;
  const fromDigits = s < 0.5 ? -Math.log1p(-s) : -Math.log(complement);
  const surprisal = clip === 0 ? softplus(x) : fromDigits;
  const factor = s ** gammaNeg;
  return [factor * surprisal, factor * p * q * (1 / complement + (gammaNeg * surprisal) / s)];
}

const termCases: readonly LossCase[] = [
  {
    name: "binaryCrossEntropy",
    run: authoring.binaryCrossEntropyBlock,
    argumentsOf: (x, y) => [20 * x, sigmoid(y)],
    loss: (x, y) => [y * softplus(-x), (1 - y) * softplus(x)],
    slopes: [(x, y) => [sigmoid(x), -y], (x) => [-x]],
  },
  {
    name: "softMargin",
    run: authoring.softMarginBlock,
    argumentsOf: (x, y) => [20 * x, toSign(y)],
    loss: (x, y) => [softplus(-y * x)],
    slopes: [(x, y) => [-y * sigmoid(-y * x)]],
  },
  {
    name: "poisson",
    run: authoring.poissonBlock,
    argumentsOf: (x, y) => [5 * x, Math.floor(9 * Math.abs(y))],
    loss: (x, y) => [Math.exp(x), -y * x],
    slopes: [(x, y) => [Math.exp(x), -y], (x) => [-x]],
  },
  {
    name: "klDivergence",
    run: authoring.klDivergenceBlock,
    argumentsOf: (x, y) => [-20 * Math.abs(x), y > 2 ? 0 : sigmoid(5 * y)],
    loss: (x, y) => (y === 0 ? [0] : [y * Math.log(y), -y * x]),
    slopes: [(_, y) => [-y], (x, y) => [Math.log(y), -x, 1]],
  },
  {
    name: "probabilityCrossEntropy",
    run: (x, y, outputs, count) =>
      authoring.probabilityCrossEntropyBlock(x, y, outputs, count, -100, 1e-12),
    argumentsOf: (x, y) => [x > 3 ? 0 : sigmoid(5 * x), sigmoid(y)],
    loss: (x, y) => [-y * Math.max(Math.log(x), -100), (y - 1) * Math.max(Math.log1p(-x), -100)],
    slopes: [
      (x, y) => [x, -y].map((term) => term / Math.max(x * (1 - x), 1e-12)),
      (x) => [Math.max(Math.log1p(-x), -100), -Math.max(Math.log(x), -100)],
    ],
  },
  ...[0.1, -3, 0].map(
    (margin): LossCase => ({
      name: `hinge ${margin}`,
      run: (x, y, outputs, count) => authoring.hingeBlock(x, y, outputs, count, margin),
      argumentsOf: (x, y) => [x, y > 1 ? 0 : toSign(y)],
      loss: (x, y) => [y === -1 ? 0 : x, y === 1 ? 0 : Math.max(0, margin - x), 0],
      slopes: [(x, y) => [(y === -1 ? 0 : 1) - (y !== 1 && margin - x >= 0 ? 1 : 0)]],
    }),
  ),
  ...[
    [0.25, 2],
    [-1, 0],
    [0.9, 1],
    [0.5, 5],
    [0.999, 0],
    [1 - 1e-9, 1],
    [-1e-50, 2],
  ].map(
    ([alpha, gamma]): LossCase => ({
      name: `sigmoidFocal ${alpha} ${gamma}`,
      run: (x, y, outputs, count) =>
        authoring.sigmoidFocalBlock(x, y, outputs, count, alpha, gamma),
      argumentsOf: (x, y) => [3 * x, toLabel(y)],
      loss: (x, y) => [focal(x, y, alpha, gamma)[0]],
      slopes: [(x, y) => [focal(x, y, alpha, gamma)[1]]],
      // The probability is 2.5 ulp off, and a power multiplies that.
      bound: 6 + 3 * gamma,
    }),
  ),
  ...[
    [0, 1, 4],
    [0.05, 1, 4],
    [0.05, 0, 0],
    [0.001, 0, 2],
    [0.2, 2, 1],
    [0.49, 1, 2],
  ].map(
    ([clip, gammaPos, gammaNeg]): LossCase => ({
      name: `asymmetric ${clip} ${gammaPos} ${gammaNeg}`,
      run: (x, y, outputs, count) =>
        authoring.asymmetricBlock(x, y, outputs, count, clip, gammaPos, gammaNeg),
      // Many probabilities are just above the clip, and some just below.
      argumentsOf: (x, y) => [
        x < 1 && clip > 0 ? logitOf(clip) + x * 10 ** (2 * y - 2) : 3 * x,
        toLabel(x * y),
      ],
      loss: (x, y) => [asymmetric(x, y, clip, gammaPos, gammaNeg)[0]],
      slopes: [(x, y) => [asymmetric(x, y, clip, gammaPos, gammaNeg)[1]]],
      bound: 6 + 5 * Math.max(gammaPos, gammaNeg),
    }),
  ),
  {
    name: "logCosh",
    run: authoring.logCoshBlock,
    argumentsOf: (x, y) => [10 ** (2 * y) * x, 0],
    loss: (x, y) => {
      const e = Math.expm1(Math.abs(x - y));
      return [
        Math.abs(x - y) > 30 ? Math.abs(x - y) - Math.LN2 : Math.log1p((e * e) / (2 + 2 * e)),
      ];
    },
    slopes: [(x, y) => [Math.tanh(x - y)], (x, y) => [Math.tanh(y - x)]],
  },
  {
    name: "weightedBinaryCrossEntropy",
    // The probability is the weight, too.
    run: (x, y, outputs, count) =>
      authoring.weightedBinaryCrossEntropyBlock(x, y, y, outputs, count),
    argumentsOf: (x, y) => [20 * x, sigmoid(y)],
    loss: (x, y) => [y * y * softplus(-x), (1 - y) * softplus(x)],
    slopes: [
      (x, y) => [(1 - y) * sigmoid(x), -y * y * sigmoid(-x)],
      (x, y) => [y * softplus(-x), -softplus(x)],
    ],
  },
  ...[1e-6, 0.5].map(
    (eps): LossCase => ({
      name: `gaussian ${eps}`,
      // The second argument is the variance, too.
      run: (x, y, outputs, count) => authoring.gaussianBlock(x, y, y, outputs, count, eps, 0.25),
      argumentsOf: (x, y) => [x, y * y],
      loss: (x, y) => {
        const v = Math.max(y, eps);
        return [0.5 * Math.log(v), (0.5 * (x - y) ** 2) / v, 0.25];
      },
      slopes: [(x, y) => [(x - y) / Math.max(y, eps)], (x, y) => [(y - x) / Math.max(y, eps)]],
    }),
  ),
];

/** Returns the error of a sum of terms in ulp of the largest. */
function errorOf(actual: number, terms: readonly number[]): number {
  const expected = terms.reduce((a, b) => a + b, 0);
  if (actual === expected) return 0;
  const largest = Math.max(...terms.map(Math.abs));
  return Math.abs(actual - expected) / ulpAt(largest, "float32");
}

/** Fills blocks in the kernels' memory. The pool may also hold others, which other tests have left. */
function blocksOf(x: ArrayLike<number>, y: ArrayLike<number>) {
  const pool = authoring.blockPool("float32");
  const acquired: Block[] = [];
  const blocks: Block[] = [];
  while (blocks.length < 5 && acquired.length < 200) {
    const block = pool.acquire(length);
    acquired.push(block);
    if (block.buffer.byteLength > block.byteLength) blocks.push(block);
  }
  blocks[0].set(x);
  blocks[1].set(y);
  const release = () => {
    for (const block of acquired) pool.release(block);
  };
  return { blocks, release };
}

const levels = kernels().available.filter((name) => name !== "js");

describe.each(levels)("the kernels of losses, %s", (level) => {
  beforeAll(() => void useKernels(level));
  afterAll(() => void useKernels("auto"));

  it.each(cases)("$name is at most 6 ulp off", ({ run, loss, slope }) => {
    const r = random(8);
    const numbers = () =>
      Float32Array.from({ length }, () => 10 ** (3 * r.uniform() - 2) * r.normal());
    const { blocks, release } = blocksOf(numbers(), numbers());
    const [x, y, losses, gradX] = blocks;
    // The number of elements need not fill vectors.
    for (const count of [67, length]) {
      losses.fill(-1);
      expect(run(x, y, { losses, gradX }, count)).toBeGreaterThan(0);
      const indices = Array.from({ length: count }, (_, k) => k);
      const worst = (errorOf: (k: number) => number) => Math.max(...indices.map(errorOf));
      expect(worst((k) => distance(losses[k], loss(x[k], y[k])))).toBeLessThanOrEqual(6);
      expect(worst((k) => distance(gradX[k], slope(x[k], y[k])))).toBeLessThanOrEqual(2);
      expect(losses.indexOf(-1)).toBe(count < length ? 68 : -1);
    }
    run(x, y, { losses: gradX }, length);
    expect(gradX).toEqual(losses);
    release();
  });

  it.each(cases)("$name: the sum, the factor, the opposite, and results in place", ({ run }) => {
    const r = random(10);
    const numbers = () => Float32Array.from({ length }, r.normal);
    const { blocks, release } = blocksOf(numbers(), numbers());
    const [x, y, losses, gradX, gradY] = blocks;
    const sum = run(x, y, { losses, gradX, gradY }, length) as number;
    expect(sum).toBeCloseTo(
      Array.from(losses).reduce((total, loss) => total + loss, 0),
      8,
    );
    expect(gradY).toEqual(gradX.map((slope) => 0 - slope));
    expect(run(x, y, {}, length)).toBe(sum);
    const scale = 1 / 300;
    authoring.scaleKernel(gradX, scale, length);
    authoring.scaleKernel(gradY, scale, length);
    expect(run(x, y, { gradX: x, gradY: y, scale }, length)).toBe(sum);
    expect(x).toEqual(gradX);
    expect(y).toEqual(gradY);
    release();
  });

  it.each(cases)("$name of special numbers", ({ run, loss, slope }) => {
    const special = [0, -0, 1e-45, 1, -1, 3e38, -3e38, inf, -inf, nan];
    const pairs = special.flatMap((x) => special.map((y) => [x, y]));
    const { blocks, release } = blocksOf(
      pairs.map(([x]) => x),
      pairs.map(([, y]) => y),
    );
    const [x, y, losses, gradX] = blocks;
    run(x, y, { losses, gradX }, pairs.length);
    pairs.forEach((_, i) => {
      const [expected, steepness] = [loss(x[i], y[i]), slope(x[i], y[i])].map(Math.fround);
      if (Number.isFinite(expected)) expect(distance(losses[i], expected)).toBeLessThanOrEqual(6);
      else expect(losses[i]).toBe(expected);
      if (Number.isNaN(steepness)) expect(gradX[i]).toBeNaN();
      else expect(gradX[i] + 0).toBeCloseTo(steepness + 0, 6);
    });
    release();
  });

  it.each(termCases)("$name is within its bound", (lossCase) => {
    const { run, argumentsOf, loss, slopes, bound = 6 } = lossCase;
    const r = random(11);
    const pairs = Array.from({ length }, () => argumentsOf(r.normal(), r.normal()));
    const { blocks, release } = blocksOf(
      pairs.map(([x]) => x),
      pairs.map(([, y]) => y),
    );
    const [x, y, losses, gradX, gradY] = blocks;
    const outputs = { losses, gradX, gradY: slopes.length > 1 ? gradY : undefined };
    const sum = run(x, y, outputs, length) as number;
    const indices = Array.from({ length }, (_, k) => k);
    const worst = (errorAt: (k: number) => number) => Math.max(...indices.map(errorAt));
    expect(worst((k) => errorOf(losses[k], loss(x[k], y[k])))).toBeLessThanOrEqual(bound);
    slopes.forEach((slope, i) => {
      const results = [gradX, gradY][i];
      expect(worst((k) => errorOf(results[k], slope(x[k], y[k])))).toBeLessThanOrEqual(bound);
    });
    const total = Array.from(losses).reduce((a, b) => a + b, 0);
    expect(Math.abs(sum - total)).toBeLessThanOrEqual(1e-9 * Math.abs(total));
    expect(run(x, y, {}, length)).toBe(sum);
    // The factor, and results in place.
    const scale = 1 / 300;
    authoring.scaleKernel(gradX, scale, length);
    authoring.scaleKernel(gradY, scale, length);
    const inPlace = { gradX: x, gradY: slopes.length > 1 ? y : undefined, scale };
    expect(run(x, y, inPlace, length)).toBe(sum);
    expect(x).toEqual(gradX);
    if (slopes.length > 1) expect(y).toEqual(gradY);
    release();
  });

  it("the derivative of gaussian with respect to the variance", () => {
    const r = random(12);
    const numbers = () => Float32Array.from({ length }, r.normal);
    const { blocks, release } = blocksOf(numbers(), numbers());
    const [x, y, variance, gradX, gradZ] = blocks;
    for (let i = 0; i < length; i++) variance[i] = i === 7 ? 0 : r.normal() ** 2;
    authoring.gaussianBlock(x, y, variance, { gradX, gradZ }, length, 1e-3, 0);
    for (let i = 0; i < length; i++) {
      const v = Math.max(variance[i], Math.fround(1e-3));
      const terms = [0.5 / v, (-0.5 * (x[i] - y[i]) ** 2) / v / v];
      expect(errorOf(gradZ[i], terms)).toBeLessThanOrEqual(6);
    }
    release();
  });

  it("gaussian has no overflow where the loss has none", () => {
    const { blocks, release } = blocksOf([3e38], [-3e38]);
    const [x, y, variance, gradX, gradY] = blocks;
    variance[0] = 3e38;
    const outputs = { losses: variance, gradX, gradY };
    authoring.gaussianBlock(x, y, variance, outputs, 64, 1e-6, 0);
    expect(distance(gradX[0], 6e38 / Math.fround(3e38))).toBeLessThanOrEqual(2);
    expect(gradY[0]).toBe(-gradX[0]);
    expect(variance[0]).toBe(inf);
    variance[0] = 1e30;
    authoring.gaussianBlock(x, y, variance, { gradX, gradZ: gradY }, 64, 1e-6, 0);
    expect(distance(gradY[0], -18e16)).toBeLessThanOrEqual(6);
    x.set([1e-20, 3e-15, 1e30, 1e17]);
    y.fill(0);
    variance.set([1e-30, 1e-27, 3e38, 1e30]);
    authoring.gaussianBlock(x, y, variance, { gradX, gradZ: gradY }, 64, 1e-30, 0);
    for (let i = 0; i < 4; i++) {
      const v = Math.max(variance[i], Math.fround(1e-30));
      const expected = (0.5 - (0.5 * x[i] * x[i]) / v) / v;
      expect(distance(gradY[i], expected)).toBeLessThanOrEqual(6);
    }
    x[0] = 3e38;
    y[0] = -3e38;
    variance[0] = inf;
    authoring.gaussianBlock(x, y, variance, outputs, 64, 1e-6, 0);
    expect(gradX[0]).toBe(0);
    release();
  });

  it("infinite terms count where they should", () => {
    const { blocks, release } = blocksOf([inf, -inf, -inf, 200, -200], [0, 0, 1, 1, 0]);
    const [x, y, losses, gradX] = blocks;
    authoring.sigmoidFocalBlock(x, y, { losses, gradX }, 64, 1, 2);
    expect(Array.from(losses.subarray(0, 5))).toEqual([0, 0, inf, 0, 0]);
    expect(Array.from(gradX.subarray(0, 5), (g) => g + 0)).toEqual([0, 0, -1, 0, 0]);
    authoring.weightedBinaryCrossEntropyBlock(x, y, y, { losses, gradX }, 64);
    expect(Array.from(losses.subarray(0, 5))).toEqual([inf, 0, inf, 0, 0]);
    expect(Array.from(gradX.subarray(0, 5), (g) => g + 0)).toEqual([1, 0, -1, 0, 0]);
    x.set([-1e30, -1e10, -inf]);
    y.set([1e-30, 0.4, 0.3]);
    gradX.set([1e-20, 1e-45, 1e-45]);
    authoring.weightedBinaryCrossEntropyBlock(x, y, gradX, { losses }, 64);
    for (const [i, expected] of [x[0] * y[0] * gradX[0], x[1] * y[1] * gradX[1]].entries()) {
      expect(distance(losses[i], -expected)).toBeLessThanOrEqual(6);
    }
    expect(losses[2]).toBe(inf);
    x.set([inf, -inf, -inf, 200, -200]);
    y.set([0, 0, 1, 1, 0]);
    for (const clip of [0, 0.05]) {
      authoring.asymmetricBlock(x, y, { losses, gradX }, 64, clip, 1, 4);
      expect(losses[0]).toBe(
        clip === 0 ? inf : Math.fround(-Math.log(Math.fround(clip)) * 0.95 ** 4),
      );
      expect(Array.from(losses.subarray(1, 5))).toEqual([0, inf, 0, 0]);
      expect(Array.from(gradX.subarray(1, 5), (g) => g + 0)).toEqual([0, -1, 0, 0]);
    }
    x.set([3e38, 1e20, inf, -3e38, 200, 200]);
    y.set([2, 1e30, 2, 2, 0, inf]);
    authoring.poissonBlock(x, y, { losses, gradX }, 64);
    expect(Array.from(losses.subarray(0, 5))).toEqual([inf, inf, nan, inf, inf]);
    expect(losses[5]).not.toBe(inf);
    x.set([inf, -inf, -inf, 200, -200]);
    y.set([0, 0, 1, 1, 0]);
    authoring.klDivergenceBlock(x, y, { losses, gradX }, 64);
    expect(Array.from(losses.subarray(0, 3))).toEqual([0, 0, inf]);
    release();
  });

  it("marginRanking is 0 where the margin is kept, and has no digits to lose", () => {
    const r = random(9);
    const numbers = () => Float32Array.from({ length }, r.normal);
    const { blocks, release } = blocksOf(numbers(), numbers());
    const [x, y, losses, gradX, t] = blocks;
    for (let i = 0; i < length; i++) t[i] = i % 97 === 0 ? nan : i % 2 === 0 ? 1 : -1;
    for (const margin of [0, 0.1, -2, 1e-30]) {
      authoring.marginRankingBlock(x, y, t, { losses, gradX }, length, margin);
      for (let i = 0; i < length; i++) {
        // The difference is rounded; the rest is exact where it cancels.
        const missing = margin - t[i] * Math.fround(x[i] - y[i]);
        const scale = Math.abs(missing) + 2 ** -20;
        if (Number.isNaN(t[i])) expect(losses[i]).toBeNaN();
        else expect(Math.abs(losses[i] - Math.max(0, missing)) / scale).toBeLessThan(2 ** -22);
        expect(gradX[i] + 0).toBe(missing >= 0 || Number.isNaN(t[i]) ? 0 - t[i] : 0);
      }
    }
    release();
  });

  it("have no overflow where the loss has none", () => {
    const { blocks, release } = blocksOf([-1.8e38], [1.8e38]);
    const [x, y, losses, , t] = blocks;
    authoring.smoothL1Block(x, y, { losses }, 64, 8e37);
    expect(distance(losses[0], 2 * 1.8e38 - 4e37)).toBeLessThanOrEqual(6);
    authoring.huberBlock(x, y, { losses }, 64, 0.25);
    expect(distance(losses[0], 0.25 * 2 * 1.8e38)).toBeLessThanOrEqual(6);
    for (const [label, margin] of [
      [1, -8e37],
      [0, 0],
      [0, 1],
      [0.5, 0],
    ]) {
      t[0] = label;
      authoring.marginRankingBlock(x, y, t, { losses }, 64, margin);
      const expected = margin + label * 3.6e38;
      if (expected === 0) expect(losses[0]).toBe(0);
      else expect(distance(losses[0], expected)).toBeLessThanOrEqual(6);
    }
    release();
  });

  it("sum losses in the same order, whatever the factor of the gradient", () => {
    const r = random(13);
    const numbers = () => Float32Array.from({ length }, () => 10 ** (20 * r.uniform() - 10));
    const { blocks, release } = blocksOf(numbers(), new Float32Array(length));
    const [x, y, plain, gradX, gradY] = blocks;
    const sum = authoring.huberBlock(x, y, { gradX: plain }, length, 1);
    for (const scale of [1e-40, 1e9 / 3, -1e39, inf, 1e-310]) {
      const start = 64;
      authoring.huberBlock(x, y, { gradX, gradY, scale, start }, length - start, 1);
      expect(gradX.subarray(start)).toEqual(plain.subarray(start).map((slope) => slope * scale));
      expect(authoring.huberBlock(x, y, { gradX, gradY, scale }, length, 1)).toBe(sum);
      expect(gradX).toEqual(plain.map((slope) => slope * scale));
      expect(gradY).toEqual(plain.map((slope) => (0 - slope) * scale));
    }
    release();
  });

  it("have no overflow where the scaled gradient has none", () => {
    const { blocks, release } = blocksOf([2 ** 127, -(2 ** 126)], [0, 2 ** 126]);
    const [x, y, losses, gradX, gradY] = blocks;
    authoring.squaredDifferenceBlock(x, y, { losses, gradX, gradY, scale: 0.25 }, 64);
    expect(losses[0]).toBe(inf);
    expect(Array.from(gradX.subarray(0, 2))).toEqual([2 ** 126, -(2 ** 126)]);
    expect(Array.from(gradY.subarray(0, 2))).toEqual([-(2 ** 126), 2 ** 126]);
    release();
  });

  it("have an infinite gradient where a large factor makes it so", () => {
    const { blocks, release } = blocksOf([1e38, -1e38, 2 ** -100, inf], [0]);
    const [x, y, , gradX, gradY] = blocks;
    for (const scale of [2 ** 24 - 0.7, 2 ** 24 + 1 / 3, 1e20]) {
      authoring.huberBlock(x, y, { gradX, gradY, scale }, 64, 2 ** 126);
      const expected = [inf, -inf, 2 ** -100 * scale, inf];
      expect(gradX.subarray(0, 4)).toEqual(Float32Array.from(expected));
      expect(gradY.subarray(0, 4)).toEqual(Float32Array.from(expected, (slope) => -slope));
    }
    release();
  });

  it("refuse what they cannot compute", () => {
    const { blocks, release } = blocksOf([1], [2]);
    const [x, y, losses] = blocks;
    const plain = new Float32Array(length);
    const calls = [
      () => authoring.huberBlock(x, y, { losses }, 63, 1),
      () => authoring.huberBlock(plain, y, { losses }, length, 1),
      () => authoring.huberBlock(x, plain, { losses }, length, 1),
      () => authoring.huberBlock(x, y, { losses: plain }, length, 1),
      () => authoring.huberBlock(x, y, { gradX: plain }, length, 1),
      () => authoring.huberBlock(x, y, { gradX: losses, gradY: plain }, length, 1),
      () => authoring.huberBlock(x, y, { losses }, length, 1e-40),
      () => authoring.smoothL1Block(x, y, { losses }, length, 1e300),
      () => authoring.marginRankingBlock(x, y, plain, { losses }, length, 1),
      () => authoring.marginRankingBlock(x, y, y, { losses }, length, 1e300),
      () => authoring.marginRankingBlock(x, y, y, { losses }, length, -1e-50),
      () => authoring.hingeBlock(x, y, { losses }, length, 1e300),
      () => authoring.gaussianBlock(x, y, y, { losses }, length, 1e-50, 0),
      () => authoring.gaussianBlock(x, y, y, { losses, gradZ: plain }, length, 1, 0),
      () => authoring.sigmoidFocalBlock(x, y, { losses }, length, 0.25, 1.5),
      () => authoring.sigmoidFocalBlock(x, y, { losses }, length, 0.25, 6),
      () => authoring.sigmoidFocalBlock(x, y, { losses }, length, 1e-50, 2),
      () => authoring.asymmetricBlock(x, y, { losses }, length, 0.05, 1, 6),
      () => authoring.asymmetricBlock(x, y, { losses }, length, 0.05, 0.5, 4),
      () => authoring.asymmetricBlock(x, y, { losses }, length, 0.6, 1, 4),
      () => authoring.asymmetricBlock(x, y, { losses }, length, 1e-50, 1, 4),
    ];
    losses.fill(7);
    for (const call of calls) expect(call()).toBeUndefined();
    useKernels("js");
    expect(authoring.huberBlock(x, y, { losses }, length, 1)).toBeUndefined();
    expect(losses.every((loss) => loss === 7)).toBe(true);
    useKernels(level);
    release();
  });
});
