import { expect, it } from "vitest";
import { checkFixtures, checkLoss, float64 } from "../../test/checkLoss.ts";
import { multilabelMarginLoss } from "./multilabelMarginLoss.ts";

checkFixtures(multilabelMarginLoss, new URL("multilabelMarginLoss.cases.json.gz", import.meta.url));

checkLoss(
  multilabelMarginLoss,
  [
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
  ],
  { kind: "row" },
);

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
    "multilabelMarginLoss: target must hold class indices from 0 to 2, and −1 after the last label of a row, got 3.",
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
