import { expect, it } from "vitest";
import { checkFixtures, checkLoss, flat, float64 } from "../../test/checkLoss.ts";
import { crossEntropy } from "../crossEntropy/crossEntropy.ts";
import { distillationLoss } from "./distillationLoss.ts";

checkFixtures(distillationLoss, new URL("distillationLoss.cases.json.gz", import.meta.url));

checkLoss(distillationLoss, [
  { label: "a vector", input: float64([1, 3, -2], [3]), rest: [[0.2, 1.5, 0.5]] },
  {
    label: "labels and a temperature",
    input: float64([1, 2, 3, 4, 5, 7], [2, 3]),
    rest: [float64([2, 0.5, 1, 9, 1, 1], [2, 3])],
    options: { labels: [0, 2], alpha: 0.3, temperature: 4 },
  },
  {
    label: "a student that agrees",
    input: float64([2, 1], [2]),
    rest: [[2, 1]],
    value: 0,
    grads: { input: [0, 0] },
  },
]);

it("is the cross-entropy of the labels for alpha 0", () => {
  const { value, grad } = distillationLoss.valueAndGrad([3, 1, 0], [0, 5, 0], {
    labels: 0,
    alpha: 0,
  });
  const expected = crossEntropy.valueAndGrad([3, 1, 0], 0);
  expect(value).toBeCloseTo(expected.value, 14);
  grad.forEach((element, j) => {
    expect(element).toBeCloseTo(expected.grad[j], 14);
  });
});

it("takes the teacher alone for alpha 1, and in rows whose label is −1", () => {
  const input = float64([1, 0, 2, 3, 0, 1], [2, 3]);
  const teacher = float64([0, 2, 1, 1, 1, 0], [2, 3]);
  const rows = (options: object) =>
    distillationLoss.valueAndGrad(input, teacher, { reduction: "none", ...options });
  const plain = rows({});
  expect(rows({ labels: Int32Array.of(2, 1), alpha: 1 })).toEqual(plain);
  // The second row comes after one with a label, of which nothing may be left.
  for (const [row, labels] of [Int32Array.of(-1, 1), Int32Array.of(1, -1)].entries()) {
    const mixed = rows({ labels, alpha: 0.25 });
    expect(flat(mixed.value)[row]).toBeCloseTo(flat(plain.value)[row] / 4, 14);
    for (let i = 3 * row; i < 3 * row + 3; i++) {
      expect(mixed.grad.data[i]).toBeCloseTo(plain.grad.data[i] / 4, 14);
    }
  }
});

it("leaves out the part of share 0, also where that part is infinite", () => {
  const impossible = distillationLoss.valueAndGrad([0, -Infinity], [0, -Infinity], {
    labels: 1,
    alpha: 1,
  });
  expect(impossible.value).toBe(0);
  expect(impossible.grad).toEqual([0, 0]);
  const { value, grad } = distillationLoss.valueAndGrad([0, 0], [Number.NaN, 0], {
    labels: 0,
    alpha: 0,
  });
  expect(value).toBeCloseTo(Math.LN2, 14);
  expect(grad).toEqual([-0.5, 0.5]);
});

it("must have a class axis, and a teacher of the input's shape", () => {
  expect(() => distillationLoss(1 as never, 1 as never)).toThrow(
    new RangeError("distillationLoss: input must have a class axis, got a number."),
  );
  expect(() => distillationLoss([1, 2], [1, 2, 3])).toThrow(
    new RangeError("distillationLoss: teacher must have shape [2], got [3]."),
  );
});

it("keeps its digits where student and teacher nearly agree", () => {
  // T² · Σ p (d − Σ p d)² / 2T²: for two equal classes d apart, d² / 8.
  const d = 1e-8;
  expect(distillationLoss([d, 0], [0, 0]) / (d ** 2 / 8)).toBeCloseTo(1, 6);
});

it.each([
  [{ alpha: 1.5 }, "alpha must be a number from 0 to 1, got 1.5."],
  [{ alpha: -0.5 }, "alpha must be a number from 0 to 1, got -0.5."],
  [{ temperature: Infinity }, "temperature must be a finite number above 0, got Infinity."],
  [{ temperature: 0 }, "temperature must be a finite number above 0, got 0."],
  [{ labels: [3] }, "labels must have shape [], got [1]."],
  [{ labels: 2 }, "labels 2 at row 0 is out of bounds for 2 classes."],
])("refuses %j", (options, message) => {
  expect(() => distillationLoss([1, 2], [0, 1], options)).toThrow(
    new RangeError(`distillationLoss: ${message}`),
  );
});

it("has the gradient of a class that both models are certain of", () => {
  const { grad } = distillationLoss.valueAndGrad([80, 0], [100, 0]);
  expect(grad).toEqual([-8.496322760613585e-18, 8.496322760613585e-18]);
});
