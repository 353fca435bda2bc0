import { random } from "@surprisal/testing";
import { expect, it } from "vitest";
import { checkBatchFixtures } from "../../test/checkBatchLoss.ts";
import { checkLoss, flat, float64 } from "../../test/checkLoss.ts";
import { diceLoss } from "../diceLoss/diceLoss.ts";
import { tverskyLoss } from "./tverskyLoss.ts";

checkBatchFixtures(tverskyLoss, new URL("tverskyLoss.cases.json.gz", import.meta.url), {
  arguments: ["input", "target"],
});

const r = random(8);
const normals = (...shape: number[]) =>
  float64(Array.from({ length: shape.reduce((a, b) => a * b) }, r.normal), shape);

checkLoss(tverskyLoss, [
  {
    label: "softmax",
    input: normals(2, 4, 3),
    rest: [
      [
        [0, 1, 2, 1],
        [0, 0, 2, 1],
      ],
    ],
  },
  {
    label: "unequal weights",
    input: normals(2, 3, 2),
    rest: [
      [
        [0, 1],
        [2, 1],
      ],
    ],
    options: { axis: 1, alpha: 0.3, beta: 0.7, batch: true },
  },
  {
    label: "a mask",
    input: normals(1, 3, 1),
    rest: [[[0, 1, 1]]],
    options: { activation: "sigmoid", alpha: 2, beta: 0, smooth: 1 },
  },
]);

it("is 1 less the Tversky index of sets", () => {
  // Predicted {0, 1, 2}, true {1, 2, 3, 4}: two in common, one false positive, two false negatives.
  const predicted = [[1], [1], [1], [0], [0]];
  const loss = (alpha: number, beta: number) =>
    tverskyLoss([predicted], [[0, 1, 1, 1, 1]], { activation: "none", smooth: 0, alpha, beta });
  expect(loss(0.5, 0.5)).toBe(3 / 7);
  expect(loss(1, 1)).toBe(3 / 5);
  expect(loss(0.25, 0.75)).toBe(1.75 / 3.75);
  expect(loss(0, 0)).toBe(0);
});

it("is the Dice loss at α = β = 0.5, where smooth is half as large", () => {
  const input = normals(2, 4, 3);
  const target = { data: Int32Array.from({ length: 8 }, () => r.below(3)), shape: [2, 4] };
  const dice = diceLoss.valueAndGrad(input, target, { smooth: 2 });
  const tversky = tverskyLoss.valueAndGrad(input, target, { smooth: 1 });
  expect(tversky.value).toBeCloseTo(dice.value, 14);
  flat(tversky.grad).forEach((derivative, i) => {
    expect(derivative).toBeCloseTo(flat(dice.grad)[i], 14);
  });
});

it.each<[object, string]>([
  [{ alpha: -1 }, "alpha must be a finite number of at least 0, got -1."],
  [{ beta: Number.POSITIVE_INFINITY }, "beta must be a finite number of at least 0, got Infinity."],
])("refuses %j", (options, message) => {
  expect(() => tverskyLoss([[1, 2]], [0], options)).toThrow(`tverskyLoss: ${message}`);
});
