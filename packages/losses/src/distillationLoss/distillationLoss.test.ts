import { random } from "@surprisal/testing";
import { describe, expect, it } from "vitest";
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
    label: "class weights",
    input: float64([1, 2, 3, 4, 5, 7], [2, 3]),
    rest: [float64([2, 0.5, 1, 9, 1, 1], [2, 3])],
    options: { labels: [0, 2], weight: [2, 1, 0.25] },
  },
  {
    label: "classes along axis 1",
    input: float64([1, 2, 3, 4, 5, 7, 0, 2, 1, 1, -1, 3], [2, 3, 2]),
    rest: [float64([2, 0.5, 1, 9, 1, 1, 3, 0, 0.5, 2, 1, 1], [2, 3, 2])],
    options: {
      axis: 1,
      labels: [
        [0, 2],
        [-100, 1],
      ],
      weight: [2, 1, 0.25],
    },
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

describe("class weights", () => {
  const input = float64([1, 0, 2, 3, 0, 1, -1, 2, 2], [3, 3]);
  const teacher = float64([0, 2, 1, 1, 1, 0, 5, 0, 0], [3, 3]);
  const labels = [2, 0, 1];
  const options = { labels, weight: [3, 0.25, 0.5], sampleWeight: [1, 2, 1] };

  it.each(["mean", "sum", "none"] as const)(
    "are those of crossEntropy for alpha 0: %s",
    (reduction) => {
      const { labels: target, ...common } = { ...options, reduction };
      const expected = crossEntropy.valueAndGrad(input, target, common);
      const actual = distillationLoss.valueAndGrad(input, teacher, {
        ...options,
        reduction,
        alpha: 0,
      });
      flat(actual.value).forEach((loss, r) => {
        expect(loss).toBeCloseTo(flat(expected.value)[r], 14);
      });
      actual.grad.data.forEach((element, j) => {
        expect(element).toBeCloseTo(expected.grad.data[j], 14);
      });
    },
  );

  it("multiply both parts of a row's loss, and the mean divides by their sum", () => {
    const losses = flat(distillationLoss(input, teacher, { labels, reduction: "none" }));
    const products = [0.5 * losses[0], 2 * 3 * losses[1], 0.25 * losses[2]];
    const weighted = flat(distillationLoss(input, teacher, { ...options, reduction: "none" }));
    weighted.forEach((loss, r) => {
      expect(loss).toBeCloseTo(products[r], 14);
    });
    const sum = products[0] + products[1] + products[2];
    expect(distillationLoss(input, teacher, options)).toBeCloseTo(sum / 6.75, 14);
  });
});

it("ignores a class of weight 0, also where its loss is infinite", () => {
  const options = { labels: [1, 0], weight: [1, 0] };
  const input = [
    [0, -Infinity],
    [1, 0],
  ];
  const { value, grad } = distillationLoss.valueAndGrad(
    input,
    [
      [0, 0],
      [2, 0],
    ],
    options,
  );
  const alone = distillationLoss.valueAndGrad([[1, 0]], [[2, 0]], { labels: [0] });
  expect(value).toBe(alone.value);
  expect(grad).toEqual([[0, 0], alone.grad[0]]);
});

describe.each([
  ["float64", Float64Array],
  ["float32, on kernels", Float32Array],
])("classes along another axis, in %s", (_, FloatArray) => {
  it("have the bits of classes along the last one, in blocks and in a row longer than a block", () => {
    const numbers = random(31);
    for (const [outer, size, inner] of [
      [3, 40, 700],
      [1, 20_000, 2],
      [2, 1, 3],
      [0, 4, 3],
    ]) {
      const count = outer * size * inner;
      const draw = () => FloatArray.from(Array.from({ length: count }, numbers.normal));
      const [x, y] = [draw(), draw()];
      const last = (data: typeof x) => {
        const moved = new FloatArray(count);
        for (let i = 0; i < count; i++) {
          const [o, j, k] = [
            Math.floor(i / (size * inner)),
            Math.floor(i / inner) % size,
            i % inner,
          ];
          moved[(o * inner + k) * size + j] = data[i];
        }
        return moved;
      };
      const labels = {
        data: Int32Array.from({ length: outer * inner }, (_, r) => (r % 5 === 0 ? -100 : r % size)),
        shape: [outer, inner],
      };
      const weight = Array.from({ length: size }, (_, j) => 1 + (j % 3));
      for (const options of [{}, { labels, weight, alpha: 0.3 }]) {
        const shape = [outer, size, inner];
        const moved = [outer, inner, size];
        const strided = [
          { data: x, shape },
          { data: y, shape },
        ] as const;
        const adjacent = [
          { data: last(x), shape: moved },
          { data: last(y), shape: moved },
        ] as const;
        const actual = distillationLoss.valueAndGrad(...strided, { ...options, axis: 1 });
        const expected = distillationLoss.valueAndGrad(...adjacent, options);
        expect(actual.value).toBe(expected.value);
        expect(last(actual.grad.data as typeof x)).toEqual(expected.grad.data);
        const value = distillationLoss(...strided, { ...options, axis: 1 });
        expect(value).toBe(distillationLoss(...adjacent, options));
      }
    }
  });
});

it("is NaN or 0 over no rows, and for a row of only −∞", () => {
  const none = -Infinity;
  for (const [whenEmpty, value] of [
    ["nan", Number.NaN],
    ["zero", 0],
  ] as const) {
    expect(distillationLoss([], [], { whenEmpty })).toBe(value);
    expect(distillationLoss([], [], { labels: [], whenEmpty })).toBe(value);
    expect(distillationLoss([[1, 2]], [[2, 1]], { labels: [-100], whenEmpty })).toBe(value);
    expect(distillationLoss([none, none], [1, 2], { whenEmpty })).toBe(value);
    expect(distillationLoss([1, 2], [none, none], { labels: 0, whenEmpty })).toBe(value);
  }
  // The mean counts the row, as that of crossEntropy does.
  const rows = [
    [none, none],
    [1, 2],
  ];
  const teacher = [
    [1, 2],
    [1, 3],
  ];
  expect(distillationLoss(rows, teacher, { whenEmpty: "zero" })).toBe(
    distillationLoss([1, 2], [1, 3]) / 2,
  );
});

it("multiplies an infinite or missing derivative by an upstream gradient of 0 to NaN, as PyTorch does", () => {
  for (const FloatArray of [Float32Array, Float64Array]) {
    const input = { data: FloatArray.of(Number.NaN, 0), shape: [1, 2] };
    const teacher = { data: FloatArray.of(1, 0), shape: [1, 2] };
    const { grad } = distillationLoss.valueAndGrad(input, teacher, { gradOutput: 0 });
    expect([...grad.data]).toEqual([Number.NaN, Number.NaN]);
    const ignored = { gradOutput: 0, sampleWeight: [0] };
    expect([...distillationLoss.valueAndGrad(input, teacher, ignored).grad.data]).toEqual([0, 0]);
  }
});

it.each([
  [
    [1, 3, 2],
    [[0, 1]],
    "[1, 3] (input [1, 3, 2] without class axis 2), got [1, 2]. It fits axis: 1.",
  ],
  [
    [2, 3],
    [[0], [1]],
    "[2] (input [2, 3] without class axis 1), got [2, 1]. Squeeze it to shape [2].",
  ],
  [
    [2, 3],
    [
      [1, 0, 0],
      [0, 1, 0],
    ],
    "got [2, 3]. Pass the argmax of each row.",
  ],
  [[6], [0, 1], "For 2 rows, give the input its shape: tensor(input, [2, 3])."],
])("says how labels fit an input of shape %j", (shape, labels, message) => {
  const x = float64([1, 2, 3, 4, 5, 6], shape);
  expect(() => distillationLoss(x, x, { labels })).toThrow(RangeError);
  expect(() => distillationLoss(x, x, { labels })).toThrow(message);
});

it("takes the teacher alone for alpha 1", () => {
  const input = float64([1, 0, 2, 3, 0, 1], [2, 3]);
  const teacher = float64([0, 2, 1, 1, 1, 0], [2, 3]);
  const options = { labels: Int32Array.of(2, 1), alpha: 1 };
  expect(distillationLoss.valueAndGrad(input, teacher, options)).toEqual(
    distillationLoss.valueAndGrad(input, teacher),
  );
});

describe.each([
  ["float64", Float64Array],
  ["float32, on kernels", Float32Array],
])("rows that are ignored, in %s", (_, FloatArray) => {
  const classes = 20;
  const numbers = random(5);
  const rows = (count: number) => Array.from({ length: count * classes }, numbers.normal);
  const kept = [rows(40), rows(40)];
  const tensorOf = (data: number[]) => ({
    data: FloatArray.from(data),
    shape: [data.length / classes, classes],
  });
  const labels = Array.from({ length: 40 }, (_, r) => r % classes);
  const nothing = [Array(classes).fill(Number.NaN), Array(classes).fill(Infinity)];
  const padded = kept.map((data, i) => tensorOf([...nothing[i], ...data, ...nothing[i]]));
  const call = (reduction: "mean" | "sum" | "none", ignoreIndex: number, options: object = {}) =>
    distillationLoss.valueAndGrad(padded[0], padded[1], {
      labels: [ignoreIndex, ...labels, ignoreIndex],
      reduction,
      ...(ignoreIndex === -100 ? {} : { ignoreIndex }),
      ...options,
    });

  it.each([
    ["mean", -100, 0.5],
    ["sum", -100, 1],
    ["mean", -1, 0],
    ["none", 7777, 0.25],
  ] as const)("contribute nothing: %s, label %d, alpha %d", (reduction, ignoreIndex, alpha) => {
    const expected = distillationLoss.valueAndGrad(tensorOf(kept[0]), tensorOf(kept[1]), {
      labels,
      reduction,
      alpha,
    });
    const { value, grad } = call(reduction, ignoreIndex, { alpha });
    const around = reduction === "none" ? [0] : [];
    expect(flat(value)).toEqual([...around, ...flat(expected.value), ...around]);
    const zeros = Array(classes).fill(0);
    expect([...grad.data]).toEqual([...zeros, ...expected.grad.data, ...zeros]);
  });

  it("have no weight in the mean", () => {
    const weights = labels.map((_, r) => 1 + (r % 3));
    const expected = distillationLoss.valueAndGrad(tensorOf(kept[0]), tensorOf(kept[1]), {
      labels,
      sampleWeight: weights,
    });
    const { value } = call("mean", -100, { sampleWeight: [5, ...weights, 5] });
    expect(value).toBeCloseTo(expected.value, 12);
  });
});

it("is NaN, with gradients of 0, if every row is ignored", () => {
  const { value, grad } = distillationLoss.valueAndGrad([[1, 2]], [[2, 1]], { labels: [-100] });
  expect(value).toBeNaN();
  expect(grad).toEqual([[0, 0]]);
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
  [
    { labels: [3] },
    "labels must have shape [] (input [2] without class axis 0), got [1]. For one row, write a number, not an array.",
  ],
  [{ weight: [1, 2] }, "weight needs labels, which say the class of each row."],
  [{ labels: 0, weight: [1] }, "weight must have shape [2], one per class, got [1]."],
  [{ axis: 1 }, "axis 1 is out of range for shape [2], expected -1 to 0."],
  [{ labels: 2 }, "labels 2 at row 0 is out of bounds for 2 classes."],
  [
    { labels: -1 },
    "labels -1 at row 0 is out of bounds for 2 classes. To ignore the rows with this index, set ignoreIndex: -1.",
  ],
])("refuses %j", (options, message) => {
  expect(() => distillationLoss([1, 2], [0, 1], options)).toThrow(
    new RangeError(`distillationLoss: ${message}`),
  );
});

it("has the gradient of a class that both models are certain of", () => {
  const { grad } = distillationLoss.valueAndGrad([80, 0], [100, 0]);
  expect(grad).toEqual([-8.496322760613585e-18, 8.496322760613585e-18]);
});
