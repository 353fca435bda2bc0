// Sizes and kinds of memory at which the losses take another path than in the tests of their folders, compared with plain
// formulas in float64.
import { random } from "@surprisal/testing";
import { describe, expect, it } from "vitest";
import {
  binaryCrossEntropyWithLogits,
  crossEntropy,
  diceLoss,
  distillationLoss,
  mseLoss,
  tverskyLoss,
} from "../src/index.ts";
import { expectNear } from "./expectNear.ts";

const tolerance = { limit: 2e-6, floor: 1e-6 };

/** Returns float32 numbers of a normal distribution. */
function normals(seed: number, length: number, scale = 1): Float32Array {
  const r = random(seed);
  return Float32Array.from({ length }, () => scale * r.normal());
}

function rowsOf(data: ArrayLike<number>, size: number): number[][] {
  return Array.from({ length: data.length / size }, (_, r) =>
    Array.from({ length: size }, (_, j) => data[r * size + j]),
  );
}

function logSoftmaxOf(row: readonly number[], temperature = 1): number[] {
  const scaled = row.map((x) => x / temperature);
  const max = Math.max(...scaled);
  const sum = scaled.reduce((total, x) => total + Math.exp(x - max), 0);
  return scaled.map((x) => x - max - Math.log(sum));
}

/** The losses and gradients of distillation, from the definition. */
function distillation(
  x: number[][],
  teacher: number[][],
  labels: ArrayLike<number> | undefined,
  { alpha, temperature }: { alpha: number; temperature: number },
): { losses: number[]; slopes: number[]; terms: number[] } {
  const share = labels === undefined ? 1 : alpha;
  const slopes: number[] = [];
  // The largest term of each slope: the terms may cancel.
  const terms: number[] = [];
  const losses = x.map((row, r) => {
    const [p, q] = [logSoftmaxOf(teacher[r], temperature), logSoftmaxOf(row, temperature)];
    const hard = logSoftmaxOf(row);
    const label = labels?.[r] ?? -1;
    row.forEach((_, j) => {
      const parts = [share * temperature * Math.exp(q[j]), -share * temperature * Math.exp(p[j])];
      if (label >= 0)
        parts.push((1 - share) * Math.exp(hard[j]), (share - 1) * Number(j === label));
      slopes.push(parts.reduce((a, b) => a + b));
      terms.push(Math.max(...parts.map(Math.abs)));
    });
    const divergence = p.reduce((sum, log, j) => sum + Math.exp(log) * (log - q[j]), 0);
    return share * temperature ** 2 * divergence - (label < 0 ? 0 : (1 - share) * hard[label]);
  });
  return { losses, slopes, terms };
}

describe.each([
  ["many short rows", 601, 5],
  ["rows longer than a block", 3, 5000],
])("distillationLoss of %s", (_, rows, classes) => {
  const shape = [rows, classes];
  const input = { data: normals(1, rows * classes, 2), shape };
  const teacher = { data: normals(2, rows * classes, 2), shape };
  const labels = Int32Array.from({ length: rows }, (_, r) => (r * 37) % classes);

  it.each([
    ["without labels", undefined],
    ["with labels", labels],
  ])("%s", (_, given) => {
    const options = { alpha: 0.3, temperature: 2, ...(given && { labels: given }) };
    const { value, grad } = distillationLoss.valueAndGrad(input, teacher, {
      ...options,
      reduction: "none",
    });
    const [x, t] = [rowsOf(input.data, classes), rowsOf(teacher.data, classes)];
    const { losses, slopes, terms } = distillation(x, t, given, options);
    expectNear([...(value as typeof input).data], losses, tolerance, "the losses");
    const inTerms = (values: ArrayLike<number>) => terms.map((term, i) => values[i] / term);
    expectNear(inTerms(grad.data), inTerms(slopes), { limit: 2e-6, floor: 1 }, "the gradient");
    const sum = distillationLoss(input, teacher, { ...options, reduction: "sum" });
    expectNear([sum], [losses.reduce((a, b) => a + b)], tolerance, "the sum");
  });
});

it("crossEntropy of labels in rows longer than a block", () => {
  const [rows, classes] = [3, 9001];
  const input = { data: normals(3, rows * classes, 3), shape: [rows, classes] };
  const labels = [0, 4096, 9000];
  const logs = rowsOf(input.data, classes).map((row) => logSoftmaxOf(row));
  const { value, grad } = crossEntropy.valueAndGrad(input, labels, { reduction: "none" });
  expectNear(
    [...(value as typeof input).data],
    logs.map((row, r) => -row[labels[r]]),
    tolerance,
    "the losses",
  );
  const slopes = logs.flatMap((row, r) =>
    row.map((log, j) => Math.exp(log) - Number(j === labels[r])),
  );
  expectNear([...grad.data], slopes, tolerance, "the gradient");
});

describe.each([
  ["diceLoss", diceLoss, 1],
  ["tverskyLoss", tverskyLoss as unknown as typeof diceLoss, 0.5],
])("%s of more classes than a tile has", (_, loss, smooth) => {
  it.each([257, 300])("%i", (classes) => {
    const positions = 70;
    const input = { data: normals(4, positions * classes), shape: [1, positions, classes] };
    const labels = Int32Array.from({ length: positions }, (_, k) => (k * 11) % classes);
    const p = rowsOf(input.data, classes).map((row) => logSoftmaxOf(row).map(Math.exp));
    // The Tversky loss with α = β = 0.5 and half of `smooth` is the Dice loss.
    const ratio = (c: number) => {
      let [overlap, predicted, present] = [0, 0, 0];
      for (let k = 0; k < positions; k++) {
        predicted += p[k][c];
        if (labels[k] !== c) continue;
        overlap += p[k][c];
        present++;
      }
      return (2 * overlap + 1) / (predicted + present + 1);
    };
    const losses = Array.from({ length: classes }, (_, c) => 1 - ratio(c));
    const target = { data: labels, shape: [1, positions] };
    const call = { reduction: "none", smooth } as const;
    const { value, grad } = loss.valueAndGrad(input, target, call);
    expectNear(
      [...(value as typeof input).data],
      losses,
      { limit: 2e-6, floor: 0.01 },
      "the losses",
    );
    // The probabilities of a position add up to 1, so its derivatives add up to 0.
    rowsOf(grad.data, classes).forEach((row) => {
      const total = row.reduce((a, b) => a + b);
      expect(Math.abs(total)).toBeLessThan(1e-6 * row.reduce((a, b) => a + Math.abs(b), 1));
    });
    const step = 1e-2;
    const at = (k: number, by: number) => {
      const moved = Float64Array.from(input.data);
      moved[k] += by;
      return loss({ data: moved, shape: input.shape }, target, { ...call, reduction: "sum" });
    };
    for (const k of [0, 256, classes + 11, positions * classes - 1]) {
      expect(grad.data[k]).toBeCloseTo((at(k, step) - at(k, -step)) / (2 * step), 5);
    }
  });
});

describe("shared memory", () => {
  const share = (numbers: Float32Array) => {
    const shared = new Float32Array(new SharedArrayBuffer(numbers.byteLength));
    shared.set(numbers);
    return shared;
  };
  const length = 5000;
  const [a, b] = [normals(5, length), normals(6, length)];

  it("holds inputs and results of losses of elements", () => {
    const out = share(new Float32Array(length));
    const plain = mseLoss.valueAndGrad(a, b);
    const { value, grad } = mseLoss.valueAndGrad(share(a), share(b), { out });
    expect(value).toBe(plain.value);
    expect(grad).toBe(out);
    expect([...out]).toEqual([...plain.grad]);
  });

  it("holds logits and labels of losses of classes", () => {
    const shape = [50, 100];
    const labels = Int32Array.from({ length: 50 }, (_, r) => (7 * r) % 100);
    const shared = new Int32Array(new SharedArrayBuffer(labels.byteLength));
    shared.set(labels);
    const plain = crossEntropy.valueAndGrad({ data: a, shape }, labels);
    const out = { data: share(new Float32Array(length)), shape };
    const { value } = crossEntropy.valueAndGrad({ data: share(a), shape }, shared, { out });
    expect(value).toBe(plain.value);
    expect([...out.data]).toEqual([...plain.grad.data]);
  });

  it.each([-1, 1])("holds logits, a mask and the gradient of regions, with axis %i", (axis) => {
    const shape = axis === 1 ? [2, 5, 500] : [2, 500, 5];
    const mask = Uint8Array.from({ length: 1000 }, (_, k) => (k * k) % 5);
    const shared = new Uint8Array(new SharedArrayBuffer(mask.byteLength));
    shared.set(mask);
    const target = (data: Uint8Array) => ({ data, shape: [2, 500] });
    const plain = diceLoss.valueAndGrad({ data: a, shape }, target(mask), { axis });
    const out = { data: share(new Float32Array(length)), shape };
    const { value } = diceLoss.valueAndGrad({ data: share(a), shape }, target(shared), {
      axis,
      out,
    });
    expect(value).toBe(plain.value);
    expect([...out.data]).toEqual([...plain.grad.data]);
    const labels = { data: Array.from(mask), shape: [2, 500] };
    const nested = rowsOf(labels.data, 500);
    expect(diceLoss({ data: a, shape }, nested, { axis })).toBe(plain.value);
  });
});

it("a mask in a Uint8Array is the target of one class, and weights of losses", () => {
  const length = 700;
  const x = normals(7, length);
  const mask = Uint8Array.from({ length }, (_, k) => k % 3 && 1);
  const p = Array.from(x, (logit) => 1 / (1 + Math.exp(-logit)));
  const overlap = p.reduce((sum, q, k) => sum + q * mask[k], 0);
  const total = p.reduce((sum, q, k) => sum + q + mask[k], 0);
  const dice = diceLoss(
    { data: x, shape: [1, length, 1] },
    { data: mask, shape: [1, length] },
    { activation: "sigmoid", smooth: 1 },
  );
  expectNear([dice], [1 - (2 * overlap + 1) / (total + 1)], tolerance, "diceLoss");
  const losses = Array.from(x, (logit, k) => Math.log1p(Math.exp(logit)) - logit * mask[k]);
  const kept = losses.filter((_, k) => mask[k] === 1);
  expectNear(
    [binaryCrossEntropyWithLogits(x, mask as never)],
    [losses.reduce((a, b) => a + b) / length],
    tolerance,
    "the mean",
  );
  expectNear(
    [binaryCrossEntropyWithLogits(x, mask as never, { sampleWeight: mask })],
    [kept.reduce((a, b) => a + b) / kept.length],
    tolerance,
    "the mean of those that the mask keeps",
  );
});
