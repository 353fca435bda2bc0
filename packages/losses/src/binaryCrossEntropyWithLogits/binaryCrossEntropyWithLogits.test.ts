import { expect, it } from "vitest";
import { checkFixtures, checkLoss, flat, float64 } from "../../test/checkLoss.ts";
import { binaryCrossEntropyWithLogits } from "./binaryCrossEntropyWithLogits.ts";

checkFixtures(
  binaryCrossEntropyWithLogits,
  new URL("binaryCrossEntropyWithLogits.cases.json.gz", import.meta.url),
);

checkLoss(
  binaryCrossEntropyWithLogits,
  [
    { label: "a vector", input: float64([1, 3, -2], [3]), rest: [[0, 0.5, 1]] },
    { label: "a target that repeats", input: float64([1.3, -2, 3, 4], [2, 2]), rest: [[0.1, 0.5]] },
    {
      label: "weights",
      input: float64([1, -2], [2, 1]),
      rest: [[0.1, 1]],
      options: { weight: [2, 0.5], posWeight: [3, 0.5] },
    },
  ],
  { kind: "element" },
);

it("keeps the digits of sure predictions", () => {
  const close = (value: number, expected: number) =>
    expect(Math.abs(value / expected - 1)).toBeLessThan(1e-15);
  const sure = Math.log1p(Math.exp(-50));
  close(binaryCrossEntropyWithLogits(50, 1), sure);
  close(binaryCrossEntropyWithLogits(-50, 0), sure);
  close(binaryCrossEntropyWithLogits([50], [1], { posWeight: [2] }), 2 * sure);
  close(binaryCrossEntropyWithLogits.valueAndGrad([50], [1]).grad[0], -Math.exp(-50));
  const float32 = binaryCrossEntropyWithLogits(Float32Array.of(50), [1]);
  expect(Math.abs(float32 / sure - 1)).toBeLessThan(3e-7);
});

it("ignores a class of coefficient 0 at infinite logits", () => {
  const logits = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  const options = { reduction: "none", posWeight: [2, 2] } as const;
  expect(binaryCrossEntropyWithLogits(logits, [1, 0], { reduction: "none" })).toEqual([0, 0]);
  expect(binaryCrossEntropyWithLogits(logits, [1, 0], options)).toEqual([0, 0]);
  expect(binaryCrossEntropyWithLogits(logits, [0, 1], options)).toEqual([Infinity, Infinity]);
});

it("repeats posWeight along the rows", () => {
  const logits = [
    [1, 2],
    [3, 4],
  ];
  const labels = [
    [1, 1],
    [1, 1],
  ];
  const plain = binaryCrossEntropyWithLogits(logits, labels, { reduction: "none" });
  const weighted = binaryCrossEntropyWithLogits(logits, labels, {
    reduction: "none",
    posWeight: [1, 10],
  });
  expect(weighted[1][1]).toBeCloseTo(10 * plain[1][1], 14);
  expect(weighted[1][0]).toBeCloseTo(plain[1][0], 14);
});

it("leaves out what has weight 0, even if its loss is infinite", () => {
  const inf = Number.POSITIVE_INFINITY;
  const positive = binaryCrossEntropyWithLogits.valueAndGrad([-inf], [1], { posWeight: 0 });
  expect(positive).toMatchObject({ value: 0, grads: { input: [0], target: [0] } });
  const options = { weight: [0, 1], reduction: "sum" } as const;
  const element = binaryCrossEntropyWithLogits.valueAndGrad([-inf, 0], [1, 1], options);
  expect(element.value).toBeCloseTo(Math.LN2, 15);
  expect(element.grads.input).toEqual([0, -0.5]);
  expect(element.grads.target).toEqual([0, -0]);
});

it.each([
  [1e-8, 1, -1e-8],
  [1e-300, 1, -1e-300],
  [-1e-8, 1 - 1e-10, 9.93068527570888e-9],
  [-50, 0, -1.9287498479639178e-22],
  [Number.POSITIVE_INFINITY, 1, Number.NEGATIVE_INFINITY],
  [Number.NEGATIVE_INFINITY, 1, Number.POSITIVE_INFINITY],
  [Number.NEGATIVE_INFINITY, 0, 0],
])("has the target's gradient at %d, if posWeight is %d", (x, posWeight, expected) => {
  const { grads } = binaryCrossEntropyWithLogits.valueAndGrad([x], [1], { posWeight });
  const [slope] = flat(grads.target);
  if (!Number.isFinite(expected)) expect(slope).toBe(expected);
  else expect(Math.abs(slope - expected)).toBeLessThanOrEqual(3e-16 * Math.abs(expected));
});
