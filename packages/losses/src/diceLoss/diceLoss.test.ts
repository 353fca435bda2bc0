import { random } from "@surprisal/testing";
import { describe, expect, it } from "vitest";
import { checkBatchFixtures } from "../../test/checkBatchLoss.ts";
import { checkLoss, flat, float64 } from "../../test/checkLoss.ts";
import { diceLoss } from "./diceLoss.ts";

checkBatchFixtures(diceLoss, new URL("diceLoss.cases.json.gz", import.meta.url), {
  arguments: ["input", "target"],
});

const r = random(7);
const numbers = (next: () => number, ...shape: number[]) =>
  float64(Array.from({ length: shape.reduce((a, b) => a * b) }, next), shape);

checkLoss(diceLoss, [
  {
    label: "softmax",
    input: numbers(r.normal, 2, 4, 3),
    rest: [
      [
        [0, 1, 2, 1],
        [0, 0, 2, 1],
      ],
    ],
  },
  {
    label: "axis 1, squares, a batch",
    input: numbers(r.normal, 2, 3, 2),
    rest: [
      [
        [0, 1],
        [2, 1],
      ],
    ],
    options: { axis: 1, squared: true, batch: true, smooth: 1 },
  },
  {
    label: "several labels by sigmoid",
    input: numbers(r.normal, 2, 3, 2),
    rest: [
      [
        [
          [0, 1],
          [1, 1],
          [0, 0],
        ],
        [
          [1, 0.5],
          [0, 0],
          [0.2, 1],
        ],
      ],
    ],
    options: { activation: "sigmoid" },
  },
  {
    label: "probabilities of one class",
    input: numbers(() => 0.1 + 0.8 * r.uniform(), 2, 3, 1),
    rest: [
      [
        [0, 1, 1],
        [1, 0, 0],
      ],
    ],
    options: { activation: "none", smooth: 0 },
  },
]);

it("is 1 less the Dice coefficient of sets", () => {
  const options = { activation: "none", smooth: 0, reduction: "none" } as const;
  // Predicted {0, 1, 2}, true {1, 2, 3}: 1 − 2·2 / (3 + 3).
  const predicted = [[1], [1], [1], [0]];
  expect(flat(diceLoss([predicted], [[0, 1, 1, 1]], options))).toEqual([1 / 3]);
  expect(flat(diceLoss([predicted], [[1, 1, 1, 0]], options))).toEqual([0]);
  expect(flat(diceLoss([predicted], [[0, 0, 0, 1]], options))).toEqual([1]);
});

it("has one loss per example and class, or per class", () => {
  const input = numbers(r.normal, 3, 2, 2, 4);
  const target = { data: Int32Array.from({ length: 12 }, () => r.below(4)), shape: [3, 2, 2] };
  const shapeOf = (options: object) =>
    (diceLoss(input, target, { ...options, reduction: "none" }) as typeof input).shape;
  expect(shapeOf({})).toEqual([3, 4]);
  expect(shapeOf({ batch: true })).toEqual([4]);
  expect(diceLoss([2, 1, 0], 0, { reduction: "none" })).toHaveLength(3);
  const weights = { sampleWeight: [[1], [0], [0]], reduction: "mean" } as const;
  const first = { data: input.data.slice(0, 16), shape: [1, 2, 2, 4] };
  const firstTarget = { data: target.data.slice(0, 4), shape: [1, 2, 2] };
  expect(diceLoss(input, target, weights)).toBeCloseTo(diceLoss(first, firstTarget), 14);
});

it("ignores positions, whatever they hold", () => {
  const rows = [
    [2, 0],
    [0, 1],
  ];
  const expected = diceLoss.valueAndGrad([rows], [[0, 1]]);
  const { value, grad } = diceLoss.valueAndGrad([[...rows, [Number.NaN, 1]]], [[0, 1, -100]]);
  expect(value).toBe(expected.value);
  expect(grad).toEqual([[...expected.grad[0], [0, 0]]]);
  const mask = { activation: "sigmoid", ignoreIndex: 255 } as const;
  expect(diceLoss([[[3], [9]]], [[1, 255]], mask)).toBe(diceLoss([[[3]]], [[1]], mask));
});

describe("numbers", () => {
  it("keep their digits where the prediction is sure", () => {
    const options = { activation: "sigmoid", smooth: 0 } as const;
    const { value, grad } = diceLoss.valueAndGrad([[[40]]], [[1]], options);
    expect(value / (Math.exp(-40) / 2)).toBeCloseTo(1, 14);
    expect(grad[0][0][0] / (-Math.exp(-40) / 2)).toBeCloseTo(1, 14);
    const softmax = diceLoss([[[40, 0]]], [[0]], { smooth: 0, sampleWeight: [[1, 0]] });
    expect(softmax / (Math.exp(-40) / 2)).toBeCloseTo(1, 14);
  });

  it("of logits of any size are finite", () => {
    for (const activation of ["softmax", "sigmoid"] as const) {
      const { value, grad } = diceLoss.valueAndGrad([[[1e300, -1e300]]], [[1]], { activation });
      expect(value).toBeCloseTo(1, 4);
      expect(flat(grad).map((derivative) => derivative + 0)).toEqual([0, 0]);
    }
  });

  it("of a class that is neither there nor predicted are 0", () => {
    for (const smooth of [0, 1e-5]) {
      const options = { activation: "none", smooth, reduction: "none" } as const;
      const { value, grad } = diceLoss.valueAndGrad([[[1, 0]]], [[0]], options);
      expect(value).toEqual([[0, 0]]);
      expect(flat(grad).every(Number.isFinite)).toBe(true);
    }
  });
});

it.each<[unknown[], string]>([
  [[1, 0], "input must have a class axis, got a number."],
  [
    [
      [[1], [2]],
      [0, 0],
    ],
    'activation must be "sigmoid" or "none" for a single class',
  ],
  [
    [[[1, 2]], [[0, 1, 2]]],
    "target must have shape [1] (input [1, 2] without class axis 1), or [1, 2]",
  ],
  [[[[1, 2]], [2]], "target 2 at row 0 is out of bounds for 2 classes."],
  [[[[1, 2]], [[0.5, -0.5]]], "target must hold shares of the classes, from 0 to 1, got -0.5"],
  [[[[1, 2]], [0], { activation: "none" }], "input must hold probabilities, from 0 to 1"],
  [[[[1, 2]], [0], { smooth: -1 }], "smooth must be a finite number of at least 0, got -1."],
  [[[[1, 2]], [0], { activation: "tanh" }], "activation must be"],
  [[[[1, 2]], [0], { axis: 2 }], "axis 2 is out of range"],
])("refuses %j", (args, message) => {
  const call = () => (diceLoss as (...all: unknown[]) => number)(...args);
  expect(call).toThrow(RangeError);
  expect(call).toThrow(`diceLoss: ${message}`);
});

it("says which class axis the target fits", () => {
  const image = numbers(r.normal, 2, 3, 4);
  const labels = { data: new Int32Array(8), shape: [2, 4] };
  expect(() => diceLoss(image, labels)).toThrow("got [2, 4]. It fits axis: 1.");
  expect(diceLoss(image, labels, { axis: 1 })).toBeGreaterThan(0);
});

it("takes anything in examples of weight 0", () => {
  const sampleWeight = [[1], [0]];
  const logits = [[[1, 2]], [[3, 4]]];
  const probabilities = (last: number) => [[[0.1, 0.2]], [[last, 0.5]]];
  const none = { sampleWeight, activation: "none" } as const;
  const indices = diceLoss(logits, [[1], [0]], { sampleWeight });
  expect(diceLoss(logits, [[1], [9]], { sampleWeight })).toBe(indices);
  const given = diceLoss(probabilities(0.5), [[1], [0]], none);
  expect(diceLoss(probabilities(3), [[1], [0]], none)).toBe(given);
  const shares = (last: number) => [[[1, 0]], [[last, 0]]];
  expect(diceLoss(probabilities(0.5), shares(-5), none)).toBe(
    diceLoss(probabilities(0.5), shares(1), none),
  );
  expect(() => diceLoss(probabilities(3), [[1], [0]], { activation: "none" })).toThrow(
    "got 3 at element 2",
  );
  expect(() => diceLoss(logits, [[1], [9]])).toThrow("target 9 at row 1");
  // The mask of one class.
  const mask = { sampleWeight, activation: "sigmoid" } as const;
  const ofOne = (last: number) =>
    diceLoss(
      [
        [[1], [2]],
        [[3], [4]],
      ],
      [
        [1, 0],
        [last, 0],
      ],
      mask,
    );
  expect(ofOne(7)).toBe(ofOne(1));
});

it.each([
  ["along the last axis", -1],
  ["along axis 1", 1],
])("takes any input at positions that are ignored, %s", (_, axis) => {
  const call = (ignored: number) => {
    // Two examples of two positions of two classes; the second position of the first example is ignored.
    const input =
      axis === 1
        ? [
            [
              [1, ignored],
              [0, ignored],
            ],
            [
              [0.5, 0.25],
              [0.5, 0.75],
            ],
          ]
        : [
            [
              [1, 0],
              [ignored, ignored],
            ],
            [
              [0.5, 0.5],
              [0.25, 0.75],
            ],
          ];
    return diceLoss(
      input,
      [
        [0, -100],
        [1, 0],
      ],
      { axis, activation: "none" },
    );
  };
  expect(call(5)).toBe(call(0.5));
  expect(call(Number.NaN)).toBe(call(0.5));
  const mask = (ignored: number) =>
    diceLoss([[[0.5], [ignored]]], [[1, -100]], { activation: "none" });
  expect(mask(-3)).toBe(mask(0.5));
});

it("takes all positions as one example if the classes are on the first axis", () => {
  const input = numbers(r.normal, 3, 2, 4);
  const target = [
    [0, 1, 2, 0],
    [1, 1, 2, 0],
  ];
  const losses = diceLoss(input, target, { axis: 0, reduction: "none" });
  const alone = { data: input.data, shape: [1, ...input.shape] };
  const expected = diceLoss(alone, [target], { axis: 1, reduction: "none" });
  expect(losses).toEqual(float64(flat(expected), [3]));
});
