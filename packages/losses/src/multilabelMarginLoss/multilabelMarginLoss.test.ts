import { expect, it } from "vitest";
import { checkFixtures, checkLoss, float64 } from "../../test/checkLoss.ts";
import { multilabelMarginLoss } from "./multilabelMarginLoss.ts";

function shapeOf(value: unknown): number[] {
  return Array.isArray(value) ? [value.length, ...shapeOf(value[0])] : [];
}

checkFixtures(multilabelMarginLoss, new URL("multilabelMarginLoss.cases.json.gz", import.meta.url));

// The laws of rows do not hold: labels are not repeated.
checkLoss(multilabelMarginLoss, [
  {
    label: "a vector",
    input: float64([0.1, 0.25, 0.4, 0.8], [4]),
    rest: [Int32Array.of(3, 0, -1, 1)],
  },
  {
    label: "a matrix",
    input: float64([1, 2.3, 3, -4, 0.5, 7], [2, 3]),
    rest: [{ data: Int32Array.of(0, -1, 0, 2, 1, -1), shape: [2, 3] }],
  },
  {
    label: "a pair at the margin",
    input: float64([2, 1], [2]),
    rest: [Int32Array.of(0, -1)],
    value: 0,
    grads: { input: [0, 0] },
  },
]);

it("counts a label as often as it is listed, as PyTorch does", () => {
  expect(multilabelMarginLoss([0, 0, 0], [1, 1, -1])).toBeCloseTo(4 / 3, 15);
});

it.each([3, 0.5, -2, Number.NaN])("refuses a label of %d, and leaves out as it is", (label) => {
  const out = [7, 7, 7];
  expect(() => multilabelMarginLoss.valueAndGrad([1, 2, 3], [0, label, -1], { out })).toThrow(
    RangeError,
  );
  expect(out).toEqual([7, 7, 7]);
});

it("says which labels there are", () => {
  expect(() => multilabelMarginLoss([1, 2, 3], [0, 3, -1])).toThrow(
    "multilabelMarginLoss: target must hold class indices from 0 to 2, and −1 after the last label of a row, got 3 at row 0.",
  );
  const [input, target] = [new Array(3000).fill([1, 2]), new Array(3000).fill([0, -1])];
  target[2999] = [2, -1];
  expect(() => multilabelMarginLoss.valueAndGrad(input, target)).toThrow(
    "multilabelMarginLoss.valueAndGrad: target must hold class indices from 0 to 1, and −1 after the last label of a row, got 2 at row 2999.",
  );
});

it.each([
  [[0, -1]],
  [[[0, -1]]],
  [
    [
      [
        [0, -1],
        [1, -1],
      ],
    ],
  ],
])("does not repeat the labels %j", (target) => {
  expect(() =>
    multilabelMarginLoss(
      [
        [1, 2],
        [3, 4],
      ],
      target,
    ),
  ).toThrow(
    new RangeError(
      `multilabelMarginLoss: target must have the input's shape [2, 2], got [${shapeOf(target).join(", ")}].`,
    ),
  );
});

it("takes anything as the labels of a row of weight 0", () => {
  const input = [
    [1, 2],
    [3, 4],
    [0, 5],
  ];
  const loss = (labels: number[]) =>
    multilabelMarginLoss.valueAndGrad(input, [[0, -1], labels, [1, -1]], {
      sampleWeight: [1, 0, 2],
    });
  const expected = loss([0, -1]);
  expect(expected.grad[1]).toEqual([0, 0]);
  expect(loss([5, -1])).toEqual(expected);
  expect(loss([Number.NaN, 0.5])).toEqual(expected);
  const none = { sampleWeight: [0], reduction: "none" } as const;
  expect(multilabelMarginLoss([[1, 2]], [[9, 9]], none)).toEqual([0]);
});
