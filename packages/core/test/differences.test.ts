import { random } from "@surprisal/testing";
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

describe.each(levels)("the kernels of differences, %s", (level) => {
  beforeAll(() => void useKernels(level));
  afterAll(() => void useKernels("auto"));

  it.each(cases)("$name is at most 6 ulp off", ({ run, loss, slope }) => {
    const r = random(8);
    const numbers = () =>
      Float32Array.from({ length }, () => 10 ** (3 * r.uniform() - 2) * r.normal());
    const { blocks, release } = blocksOf(numbers(), numbers());
    const [x, y, losses, gradient] = blocks;
    // The number of elements need not fill vectors.
    for (const count of [67, length]) {
      losses.fill(-1);
      expect(run(x, y, { losses, gradient }, count)).toBeGreaterThan(0);
      const indices = Array.from({ length: count }, (_, k) => k);
      const worst = (errorOf: (k: number) => number) => Math.max(...indices.map(errorOf));
      expect(worst((k) => distance(losses[k], loss(x[k], y[k])))).toBeLessThanOrEqual(6);
      expect(worst((k) => distance(gradient[k], slope(x[k], y[k])))).toBeLessThanOrEqual(2);
      expect(losses.indexOf(-1)).toBe(count < length ? 68 : -1);
    }
    run(x, y, { losses: gradient }, length);
    expect(gradient).toEqual(losses);
    release();
  });

  it.each(cases)("$name: the sum, the factor, the opposite, and results in place", ({ run }) => {
    const r = random(10);
    const numbers = () => Float32Array.from({ length }, r.normal);
    const { blocks, release } = blocksOf(numbers(), numbers());
    const [x, y, losses, gradient, opposite] = blocks;
    const sum = run(x, y, { losses, gradient, opposite }, length) as number;
    expect(sum).toBeCloseTo(
      Array.from(losses).reduce((total, loss) => total + loss, 0),
      8,
    );
    expect(opposite).toEqual(gradient.map((slope) => 0 - slope));
    expect(run(x, y, {}, length)).toBe(sum);
    const scale = 1 / 300;
    authoring.scaleKernel(gradient, scale, length);
    authoring.scaleKernel(opposite, scale, length);
    expect(run(x, y, { gradient: x, opposite: y, scale }, length)).toBe(sum);
    expect(x).toEqual(gradient);
    expect(y).toEqual(opposite);
    release();
  });

  it.each(cases)("$name of special numbers", ({ run, loss, slope }) => {
    const special = [0, -0, 1e-45, 1, -1, 3e38, -3e38, inf, -inf, nan];
    const pairs = special.flatMap((x) => special.map((y) => [x, y]));
    const { blocks, release } = blocksOf(
      pairs.map(([x]) => x),
      pairs.map(([, y]) => y),
    );
    const [x, y, losses, gradient] = blocks;
    run(x, y, { losses, gradient }, pairs.length);
    pairs.forEach((_, i) => {
      const [expected, steepness] = [loss(x[i], y[i]), slope(x[i], y[i])].map(Math.fround);
      if (Number.isFinite(expected)) expect(distance(losses[i], expected)).toBeLessThanOrEqual(6);
      else expect(losses[i]).toBe(expected);
      if (Number.isNaN(steepness)) expect(gradient[i]).toBeNaN();
      else expect(gradient[i] + 0).toBeCloseTo(steepness + 0, 6);
    });
    release();
  });

  it("marginRanking is 0 where the margin is kept, and has no digits to lose", () => {
    const r = random(9);
    const numbers = () => Float32Array.from({ length }, r.normal);
    const { blocks, release } = blocksOf(numbers(), numbers());
    const [x, y, losses, gradient, t] = blocks;
    for (let i = 0; i < length; i++) t[i] = i % 97 === 0 ? nan : i % 2 === 0 ? 1 : -1;
    for (const margin of [0, 0.1, -2, 1e-30]) {
      authoring.marginRankingBlock(x, y, t, { losses, gradient }, length, margin);
      for (let i = 0; i < length; i++) {
        // The difference is rounded; the rest is exact where it cancels.
        const missing = margin - t[i] * Math.fround(x[i] - y[i]);
        const scale = Math.abs(missing) + 2 ** -20;
        if (Number.isNaN(t[i])) expect(losses[i]).toBeNaN();
        else expect(Math.abs(losses[i] - Math.max(0, missing)) / scale).toBeLessThan(2 ** -22);
        expect(gradient[i] + 0).toBe(missing >= 0 || Number.isNaN(t[i]) ? 0 - t[i] : 0);
      }
    }
    release();
  });

  it("have no overflow where the loss has none", () => {
    const { blocks, release } = blocksOf([-1.8e38], [1.8e38]);
    const [x, y, losses, , t] = blocks;
    authoring.smoothL1Block(x, y, { losses }, 64, 8e37);
    expect(distance(losses[0], 2 * 1.8e38 - 4e37)).toBeLessThanOrEqual(6);
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

  it("refuse what they cannot compute", () => {
    const { blocks, release } = blocksOf([1], [2]);
    const [x, y, losses] = blocks;
    const plain = new Float32Array(length);
    const calls = [
      () => authoring.huberBlock(x, y, { losses }, 63, 1),
      () => authoring.huberBlock(plain, y, { losses }, length, 1),
      () => authoring.huberBlock(x, plain, { losses }, length, 1),
      () => authoring.huberBlock(x, y, { losses: plain }, length, 1),
      () => authoring.huberBlock(x, y, { gradient: plain }, length, 1),
      () => authoring.huberBlock(x, y, { gradient: losses, opposite: plain }, length, 1),
      () => authoring.huberBlock(x, y, { losses }, length, 1e-40),
      () => authoring.huberBlock(x, y, { losses, scale: 1e-40 }, length, 1),
      () => authoring.huberBlock(x, y, { losses, scale: 1e39 }, length, 1),
      () => authoring.smoothL1Block(x, y, { losses }, length, 1e300),
      () => authoring.marginRankingBlock(x, y, plain, { losses }, length, 1),
      () => authoring.marginRankingBlock(x, y, y, { losses }, length, 1e300),
      () => authoring.marginRankingBlock(x, y, y, { losses }, length, -1e-50),
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
