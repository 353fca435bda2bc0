import { tensor } from "@surprisal/core";
import { squaredDifferenceKernel } from "@surprisal/core/authoring";
import { expect, it } from "vitest";
import type { AnyLoss } from "../../test/checkLoss.ts";
import { defineLoss } from "./defineLoss.ts";

const squaredError = defineLoss({
  kind: "element",
  name: "squaredError",
  arguments: ["input", "target"],
  differentiable: ["input", "target"],
  neverThrows: true,
  formula: () => ({
    block({ count, losses, gradients }, input, target) {
      squaredDifferenceKernel(input, target, losses, gradients?.input, count);
      if (!gradients?.target) return;
      for (let i = 0; i < count; i++) gradients.target[i] = -gradients.input[i];
    },
  }),
});

const distance = defineLoss({
  kind: "row",
  name: "distance",
  arguments: { input: "vector", target: "vector" },
  differentiable: ["input", "target"],
  neverThrows: true,
  formula: () => ({
    block({ rows, size, losses, gradients }, input, target) {
      const { input: dx, target: dt } = gradients ?? {};
      for (let r = 0, k = 0; r < rows; r++) {
        losses[r] = 0;
        for (let j = 0; j < size; j++, k++) {
          const d = input[k] - target[k];
          losses[r] += d * d;
          if (dx) dx[k] = 2 * d;
          if (dt) dt[k] = -2 * d;
        }
      }
    },
  }),
});

const rows = 200;
const columns = 10000;
const full = () => tensor(new Float32Array(rows * columns).fill(1), [rows, columns]);

it.each([
  ["the same shape", squaredError, full(), {}],
  ["a target that repeats", squaredError, tensor(new Float32Array(columns), [columns]), {}],
  ["one number in each row", squaredError, tensor(new Float32Array(rows), [rows, 1]), {}],
  ["weights of the elements", squaredError, full(), { sampleWeight: full() }],
  [
    "weights of the columns",
    squaredError,
    full(),
    { sampleWeight: tensor(new Float32Array(columns).fill(2), [1, columns]) },
  ],
  ["long vectors", distance, full(), {}],
  ["a vector that repeats", distance, tensor(new Float32Array(columns), [columns]), {}],
  ["vectors along the first axis", distance, full(), { axis: 0 }],
])(
  "a call with out allocates nothing that grows with the input: %s",
  (_, loss, target, options) => {
    const call = loss.valueAndGrad as AnyLoss;
    const input = full();
    const out = { input: full(), target: { ...target, data: target.data.slice() } };
    call(input, target, { ...options, out });
    const before = process.memoryUsage().arrayBuffers;
    call(input, target, { ...options, out });
    // One row of float32 is 40 kB, and the blocks are there already.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(30000);
  },
);
