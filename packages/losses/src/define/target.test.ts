import { kernels, tensor, useKernels } from "@surprisal/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type AnyLoss, flat } from "../../test/checkLoss.ts";
import { crossEntropy, nllLoss } from "../index.ts";

const losses: [string, AnyLoss][] = [
  ["crossEntropy", crossEntropy],
  ["nllLoss", nllLoss],
];
const zeros = (length: number) => new Float32Array(length);

describe.each(losses)("%s: targets of the input's shape", (name, loss) => {
  const oneHot = [0, 1, 0, 1, 0, 0];
  const input = tensor(Float32Array.of(1, 2, 3, 4, 5, 6), [2, 3]);
  const expected = loss(input, [1, 0], { reduction: "sum" });
  const sum = { reduction: "sum" };

  it("may be one-hot integers in any container", () => {
    for (const data of [
      Int32Array.from(oneHot),
      Uint8Array.from(oneHot),
      BigInt64Array.from(oneHot, BigInt),
    ]) {
      expect(loss(input, { data, shape: [2, 3] }, sum)).toBeCloseTo(expected, 5);
    }
    expect(loss([1, 2, 3], [0n, 1n, 0n])).toBeCloseTo(loss([1, 2, 3], 1), 12);
    const columns = { data: Int32Array.of(0, 1, 1, 0, 0, 0), shape: [3, 2] };
    expect(
      loss(
        [
          [1, 4],
          [2, 5],
          [3, 6],
        ],
        columns,
        { ...sum, axis: 0 },
      ),
    ).toBeCloseTo(expected, 5);
  });

  it.each([
    [Int32Array.of(0, 1, 2), /must be one-hot, but row 0 is not\. Class indices have shape \[\]/],
    [Uint8Array.of(1, 1, 0), /must be one-hot/],
    [Int8Array.of(0, -1, 0), /must be one-hot/],
    [BigInt64Array.of(0n, 0n, 0n), /must be one-hot/],
    [[0n, 2n, 0n], /must be one-hot/],
    [{ data: Int32Array.of(2, 0, 1), dims: [3] }, /must be one-hot/],
    [[0.5, -0.5, 1], /class probabilities, finite and at least 0, got -0\.5 at row 0, class 1/],
    [Float32Array.of(0, Number.NaN, 1), /got NaN at row 0, class 1/],
    [[0, Number.POSITIVE_INFINITY, 1], /got Infinity/],
  ])("are refused if they are neither: %o", (target, message) => {
    for (const call of [loss, loss.valueAndGrad]) {
      expect(() => call(Float32Array.of(2, 1, 0), target)).toThrow(RangeError);
      expect(() => call(Float32Array.of(2, 1, 0), target)).toThrow(message);
    }
  });

  it("names the row and the class along any axis", () => {
    const target = [
      [1, 1, 1],
      [0, 0, -2],
    ];
    expect(() =>
      loss(
        [
          [1, 2, 3],
          [4, 5, 6],
        ],
        target,
        { axis: 0 },
      ),
    ).toThrow(
      `${name}: target must hold class probabilities, finite and at least 0, got -2 at row 2, class 1.`,
    );
  });

  it("need not sum to 1", () => {
    expect(loss([1, 2, 3], [2, 0, 3.5])).toBeCloseTo(
      2 * loss([1, 2, 3], 0) + 3.5 * loss([1, 2, 3], 2),
      12,
    );
  });

  it("are an error for a single class, whose index is still 0", () => {
    for (const target of [
      [[1], [0]],
      [[0.5], [0.5]],
      { data: Int32Array.of(1, 0), shape: [2, 1] },
    ]) {
      expect(() => loss([[5], [3]], target)).toThrow(RangeError);
      expect(() => loss([[5], [3]], target)).toThrow(/binaryCrossEntropyWithLogits/);
    }
    const labelMap = { data: new Int32Array(8), shape: [2, 1, 4] };
    expect(() => loss(tensor(zeros(8), [2, 1, 4]), labelMap, { axis: 1 })).toThrow(
      /squeeze .* \[2, 4\]/,
    );
    expect(loss([[0], [0]], [0, 0])).toBe(0);
    expect(loss([0], 0)).toBe(0);
  });
});

describe.each(losses)("%s: an empty batch", (_, loss) => {
  const empty = (shape: number[]) => ({ data: new Float64Array(0), shape });
  const calls: [unknown, unknown, object, unknown][] = [
    [[], [], {}, []],
    [[], [], { axis: 1 }, []],
    [[], [], { weight: [1, 2, 3], sampleWeight: [], labelSmoothing: 0.1 }, []],
    [[[], []], [[], []], {}, [[], []]],
    [zeros(0), new Int32Array(0), {}, zeros(0)],
    [empty([0, 3]), [], {}, empty([0])],
    [empty([0, 3]), empty([0, 3]), {}, empty([0])],
    [empty([0, 3, 2]), empty([0, 2]), { axis: 1 }, empty([0, 2])],
    [empty([2, 0, 3]), empty([2, 0]), {}, empty([2, 0])],
  ];

  it.each(calls)("%j, %j, %j", (input, target, options, none) => {
    expect(loss(input, target, options)).toBeNaN();
    expect(loss(input, target, { ...options, whenEmpty: "zero" })).toBe(0);
    expect(loss(input, target, { ...options, reduction: "sum" })).toBe(0);
    expect(loss(input, target, { ...options, reduction: "none" })).toEqual(none);
    const { value, grad } = loss.valueAndGrad(input, target, options);
    expect(value).toBeNaN();
    expect(grad).toEqual(input);
  });

  it("is not a row without classes, of which nothing is left", () => {
    const target = empty([2, 0]);
    expect(loss(empty([2, 0]), target)).toBeNaN();
    expect(loss(empty([2, 0]), target, { whenEmpty: "zero" })).toBe(0);
  });
});

describe.each(kernels().available)("indices that change after the check, kernels %s", (set) => {
  beforeAll(() => void useKernels(set));
  afterAll(() => void useKernels("auto"));

  it.each(losses)("%s uses the numbers that it has checked", (_, loss) => {
    const [rows, classes] = [200, 10];
    const input = tensor(
      Float32Array.from({ length: rows * classes }, (_, i) => Math.sin(i)),
      [rows, classes],
    );
    const labels = Int32Array.from({ length: rows }, (_, r) => r % classes);
    const weight = new Array(classes).fill(2);
    const scale = Float32Array.from(labels, () => 1);
    for (const options of [{}, { weight }, { labelSmoothing: 0.1 }]) {
      const expected = loss.valueAndGrad(input, labels.slice(), { ...options, reduction: "none" });
      const changing = labels.slice();
      // The losses' upstream gradient is read after the target has been checked.
      const gradOutput = {
        get data() {
          changing.fill(2 ** 30);
          return scale;
        },
        shape: [rows],
      };
      const actual = loss.valueAndGrad(input, changing, {
        ...options,
        reduction: "none",
        gradOutput,
      });
      expect(flat(actual.value)).toEqual(flat(expected.value));
      expect(flat(actual.grad)).toEqual(flat(expected.grad));
    }
  });

  it.each(losses)("%s may write its result over its target", (_, loss) => {
    const rows = 100;
    const input = tensor(
      Float32Array.from({ length: 3 * rows }, (_, i) => Math.cos(i)),
      [rows, 3],
    );
    const target = Float32Array.from({ length: rows }, (_, r) => r % 3);
    const options = { reduction: "none", weight: [1, 2, 3] };
    const expected = loss(input, target.slice(), options);
    expect(loss(input, target, { ...options, out: target }).data).toEqual(expected.data);
  });
});

describe.each(losses)("%s: messages", (name, loss) => {
  const logits = [
    [2, 1, 0],
    [0, 3, 1],
  ];
  const swapped = "Input and target seem to be swapped";

  it.each([
    ["nested labels", [0, 1], logits],
    ["typed labels", Int32Array.of(0, 1), logits],
    ["bigint labels", BigInt64Array.of(0n, 1n), tensor(zeros(6), [2, 3])],
    ["one label", 0, [2, 1, 0]],
    ["one label in an array", [0], [[2, 1, 0]]],
    ["a label map", { data: new Uint8Array(8), shape: [2, 4] }, tensor(zeros(24), [2, 3, 4])],
    [
      "one-hot labels",
      [
        [0, 1, 0],
        [1, 0, 0],
      ],
      [
        [2, -1, 0],
        [0, 3, 1],
      ],
    ],
    ["typed one-hot labels", { data: Int32Array.of(0, 1, 0, 1, 0, 0), shape: [2, 3] }, logits],
  ])("swapped arguments: %s", (_, input, target) => {
    for (const [label, call] of [
      [name, loss],
      [`${name}.valueAndGrad`, loss.valueAndGrad],
    ]) {
      expect(() => call(input, target)).toThrow(swapped);
      expect(() => call(input, target)).toThrow(new RegExp(`^${label}: `));
    }
  });

  it("does not suspect arguments that are in order", () => {
    expect(() => loss(Int32Array.of(2, 1, 0), [0])).toThrow(
      /must hold floats .*got Int32Array\(3\)/,
    );
    expect(() => loss(Int32Array.of(2, 1, 0), [0])).not.toThrow(swapped);
    expect(() => loss(logits, [0.5, -1, 2])).not.toThrow(swapped);
    expect(() =>
      loss(
        [
          [2, 1, 0],
          [1, 0, 5],
        ],
        [
          [0, -1, 0],
          [1, 0, 0],
        ],
      ),
    ).not.toThrow(swapped);
  });

  it.each([
    [logits, [[0], [1]], {}, "got [2, 1]. Squeeze it to shape [2]."],
    [
      tensor(zeros(24), [2, 3, 4]),
      { data: new Int32Array(8), shape: [2, 1, 4] },
      { axis: 1 },
      "Squeeze it to shape [2, 4].",
    ],
    [
      tensor(zeros(24), [2, 3, 4]),
      { data: new Int32Array(8), shape: [2, 1, 4] },
      {},
      "Squeeze it to shape [2, 4], and set axis: 1.",
    ],
    [
      tensor(zeros(24), [2, 3, 4]),
      { data: new Int32Array(8), shape: [2, 4] },
      {},
      "It fits axis: 1.",
    ],
    [tensor(zeros(6), [1, 2, 3]), [0, 1], {}, "Reshape it to shape [1, 2]."],
    [[2, 1, 0], [0], {}, "For one row, write a number, not an array."],
    [
      zeros(6),
      [0, 1],
      {},
      "A vector is one row. For 2 rows, give the input its shape: tensor(input, [2, 3]).",
    ],
    [zeros(7), [0, 1], {}, "tensor(input, [2, C])"],
    [
      logits,
      [0, -1],
      {},
      "target -1 at row 1 is out of bounds for 3 classes. To ignore the rows with this index, set ignoreIndex: -1.",
    ],
  ])("%j, %j, %j", (input, target, options, message) => {
    expect(() => loss(input, target, options)).toThrow(message);
    expect(() => loss.valueAndGrad(input, target, options)).toThrow(message);
  });

  it.each([
    [
      { gradOutput: 1 },
      `${name}: unknown option "gradOutput", only valueAndGrad has "gradOutput" and "differentiate".`,
    ],
    [{ ignore_index: 0 }, 'unknown option "ignore_index", it is called "ignoreIndex" here.'],
    [{ label_smoothing: 0 }, '"labelSmoothing"'],
    [{ labelsmoothing: 0 }, '"labelSmoothing"'],
    [{ sample_weight: 0 }, '"sampleWeight"'],
    [{ dim: 1 }, '"axis"'],
    [{ weights: [1] }, '"weight"'],
    [{ size_average: true }, '"reduction"'],
    [{ reduce: false }, '"reduction"'],
    [
      { reduction: "elementwise_mean" },
      `${name}: reduction "elementwise_mean" is called "mean" here.`,
    ],
    [{ class_weight: [1] }, 'it is called "weight" here'],
    [{ sample_weight: [1] }, 'it is called "sampleWeight" here'],
    [{ sample_weights: [1] }, 'it is called "sampleWeight" here'],
    [{ label_smoothing: 0.1 }, 'it is called "labelSmoothing" here'],
    [{ ignore_class: 0 }, 'it is called "ignoreIndex" here'],
    [
      { from_logits: true },
      "leave it out: nllLoss takes log-probabilities, and the other losses of classes take logits",
    ],
    [{ grad_output: 1 }, 'only valueAndGrad has "gradOutput" and "differentiate"'],
    [{ reduction: "Mean" }, `${name}: reduction "Mean" is called "mean" here.`],
    [{ reduction: "None" }, `${name}: reduction "None" is called "none" here.`],
    [{ reduction: "sum_over_batch_size" }, 'is called "mean" here.'],
    [{ reduction: "batchmean" }, "is only for losses of distributions, such as klDiv"],
    [{ reduction: "average" }, 'must be "mean" or "sum" or "none", got "average"'],
  ])("the option %j", (options, message) => {
    expect(() => loss(logits, [0, 1], options)).toThrow(message);
  });

  it("name the method that is called", () => {
    const call =
      (...args: unknown[]) =>
      () =>
        loss.valueAndGrad(...args);
    for (const throwing of [
      call("x", 0),
      call(5, 0),
      call(logits, "x"),
      call(logits, [0, 9]),
      call(logits, [0]),
      call(logits, [0, 1], { weight: [1] }),
      call(logits, [0, 1], { sampleWeight: [1, 2, 3] }),
      call(logits, [0, 1], { axis: 7 }),
      call(logits, [0, 1], { dim: 7 }),
      call(logits, [0, 1], { reduction: "x" }),
      call(logits, [0, 1], { gradOutput: [1] }),
      call(logits, [0, 1], { out: [1] }),
    ]) {
      expect(throwing).toThrow(new RegExp(`^${name}\\.valueAndGrad: `));
    }
  });
});

it.each(losses)("%s of rows without classes does not depend on their number", (_, loss) => {
  const input = { data: new Float32Array(0), shape: [2 ** 31 - 1, 0] };
  for (const options of [{}, { reduction: "sum" }, { labelSmoothing: 0.1 }] as const) {
    expect(loss(input, input, options)).toBeNaN();
    expect(loss(input, input, { ...options, whenEmpty: "zero" })).toBe(0);
    expect(loss.valueAndGrad(input, input, options).grad).toHaveProperty("shape", input.shape);
  }
  const few = { ...input, shape: [3, 0] };
  const none = (options: object) => loss(few, few, { ...options, reduction: "none" });
  expect(none({})).toEqual({ data: new Float32Array(3).fill(Number.NaN), shape: [3] });
  expect(none({ sampleWeight: [1, 0, 2] })).toEqual({
    data: Float32Array.of(Number.NaN, 0, Number.NaN),
    shape: [3],
  });
  // More rows than are computed at once, of which the last has weight 0.
  const many = { ...input, shape: [2, 2500, 0] };
  const weights = new Float64Array(5000).fill(1, 0, 4999);
  const sampleWeight = { data: weights, shape: [2, 2500] };
  expect(loss(many, many, { reduction: "none", sampleWeight })).toEqual({
    data: Float32Array.from(weights, (weight) => (weight === 0 ? 0 : Number.NaN)),
    shape: [2, 2500],
  });
  const ignored = new Int32Array(3).fill(-100);
  expect(loss(few, ignored, { reduction: "sum" })).toBe(0);
});

describe.each(losses)("%s: whole numbers of the input's shape", (name, loss) => {
  const input = [
    [2, 1, 0],
    [0, 1, 2],
  ];

  it.each([
    [
      "labels",
      [
        [0, 1, 2],
        [2, 1, 0],
      ],
    ],
    [
      "counts",
      [
        [5, 0, 0],
        [0, 1, 0],
      ],
    ],
    ["rows of floats", [Float32Array.of(0, 1, 2), Float32Array.of(1, 0, 0)]],
    ["a tensor", tensor(Float64Array.of(0, 1, 0, 0, 0, 2), [2, 3])],
  ])("are no probabilities if one is 2 or more: %s", (_, target) => {
    expect(() => loss(input, target)).toThrow(RangeError);
    expect(() => loss(input, target)).toThrow(`${name}: target has the input's shape [2, 3]`);
    expect(() => loss(input, target)).toThrow("Class indices have shape [2].");
  });

  it("are probabilities beside others, and up to 1", () => {
    const mixed = [
      [5, 0, 0],
      [0.5, 0, 0],
    ];
    const oneHot = [
      [1, 0, 1],
      [0, 0, 1],
    ];
    expect(loss(input, mixed)).toBeTypeOf("number");
    expect(loss(input, oneHot)).toBeTypeOf("number");
    const ignored = [
      [7, 7, 7],
      [0, 0, 1],
    ];
    expect(loss(input, ignored, { sampleWeight: [0, 1] })).toEqual(loss([input[1]], [ignored[1]]));
  });
});

it("an empty nested array with an explicit class axis is no batch without classes", () => {
  const target = { data: new Float32Array(0), shape: [2, 0] };
  const none = { axis: 0, reduction: "none", sampleWeight: [] } as const;
  expect(crossEntropy([[], []], target as never, none)).toEqual([]);
  expect(crossEntropy([], [], { axis: 1 })).toBeNaN();
});
