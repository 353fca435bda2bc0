import { expect, it } from "vitest";
import { checkFixtures, checkLoss, float64 } from "../../test/checkLoss.ts";
import { gaussianNllLoss } from "./gaussianNllLoss.ts";

checkFixtures(gaussianNllLoss, new URL("gaussianNllLoss.cases.json.gz", import.meta.url));

checkLoss(
  gaussianNllLoss,
  [
    {
      label: "a vector",
      input: float64([1, 3, -2], [3]),
      rest: [
        [0.2, 1.5, 0.5],
        [1, 0.5, 2],
      ],
    },
    {
      label: "a variance for each row",
      input: float64([1.3, 2, 3, 4], [2, 2]),
      rest: [[0.1, 5.5], float64([0.5, 2], [2, 1])],
      options: { full: true },
    },
    { label: "one variance", input: float64([1, 2], [2, 1]), rest: [[0.1, 5.5], 2] },
  ],
  { kind: "element" },
);

it("takes one variance for each vector along the last axis", () => {
  const input = [
    [1, 2, 3],
    [4, 5, 6],
  ];
  const target = [
    [0, 0, 0],
    [1, 1, 1],
  ];
  const short = gaussianNllLoss.valueAndGrad(input, target, [2, 3]);
  const full = gaussianNllLoss.valueAndGrad(input, target, [[2], [3]]);
  expect(short.value).toBe(full.value);
  expect(short.grads.variance).toEqual((full.grads.variance as number[][]).flat());
  // A square input could have either: the vectors come first, as in PyTorch.
  const square = [
    [1, 2],
    [3, 4],
  ];
  const perRow = gaussianNllLoss(square, square, [2, 3], { reduction: "none" });
  expect(perRow[0][0]).toBe(perRow[0][1]);
});

it("refuses a negative variance", () => {
  expect(() => gaussianNllLoss([1, 2], [0, 0], [1, -1])).toThrow(
    new RangeError("gaussianNllLoss: variance[1] must be a number of at least 0, got -1."),
  );
});

it.each([0, Number.NaN, Number.POSITIVE_INFINITY])("refuses an eps of %d", (eps) => {
  expect(() => gaussianNllLoss([1], [0], [1], { eps })).toThrow(
    new RangeError(`gaussianNllLoss: eps must be a finite number above 0, got ${eps}.`),
  );
});
