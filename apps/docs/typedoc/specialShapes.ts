import type { ShapeCall } from "./shapeExample.ts";

/** The shapes of a function: in general, and in a call with more than two axes. */
export interface Shapes {
  /** The general shape of each argument and result. */
  readonly general: readonly (readonly [name: string, shape: string])[];
  readonly call: ShapeCall;
}

export const images = {
  axes: "Two images of three classes, four pixels high and five wide:",
  option: "axis: 1",
  result: [2, 4, 5],
};

export const vectors = { axes: "Two sequences of three vectors of four elements:", result: [2, 3] };

const sameShape: Shapes = {
  general: [
    ["`x`", "any"],
    ["the result", "that of `x`"],
  ],
  call: { axes: images.axes, arguments: [[2, 3, 4, 5]], result: [2, 3, 4, 5] },
};

const alongAxis: Shapes = { ...sameShape, call: { ...sameShape.call, option: "axis: 1" } };

const backward: Shapes = {
  general: [
    ["`gradOutput`, `output`", "the same, any"],
    ["the result", "that of `gradOutput`"],
  ],
  call: {
    ...alongAxis.call,
    arguments: [
      [2, 3, 4, 5],
      [2, 3, 4, 5],
    ],
  },
};

const regions: Shapes = {
  general: [
    ["`input`", "`[N, …, C]`, or `[N, C, d₁, …, dₖ]` with `axis: 1`"],
    ["`target`, class indices", "that of the input without the class axis"],
    ["`target`, shares of the classes", "that of the input"],
    ...lossResults("`[N, C]`, or `[C]` for one example", "input"),
  ],
  call: {
    ...images,
    arguments: [
      [2, 3, 4, 5],
      [2, 4, 5],
    ],
    result: [2, 3],
    probabilities: [2, 3, 4, 5],
  },
};

const pairs: Shapes = {
  general: [["`queries`", "`[N, D]`"], ["`keys`", "`[N, D]`"], ...lossResults("`[N]`", "queries")],
  call: {
    axes: "Six pairs of vectors of four elements:",
    arguments: [
      [6, 4],
      [6, 4],
    ],
    result: [6],
  },
};

/** The shapes of functions that are not those of their kind. */
export const special: Readonly<Record<string, Shapes>> = {
  ...Object.fromEntries(["sigmoid", "logSigmoid", "softplus"].map((name) => [name, sameShape])),
  ...Object.fromEntries(["softmax", "logSoftmax", "sparsemax"].map((name) => [name, alongAxis])),
  ...Object.fromEntries(
    ["softmaxBackward", "logSoftmaxBackward", "sparsemaxBackward"].map((name) => [name, backward]),
  ),
  logSumExp: {
    general: [
      ["`x`", "any"],
      ["the result", "that of `x` without `axis`, which is of size 1 with `keepDims`"],
    ],
    call: { ...images, arguments: [[2, 3, 4, 5]] },
  },
  logAddExp: {
    general: [
      ["`a`", "any"],
      ["`b`", "that of `a`, or one that broadcasts with it"],
      ["the result", "the shape to which both broadcast"],
    ],
    call: {
      axes: "A vector is added to each row:",
      arguments: [
        [2, 3, 4],
        [2, 3, 4],
      ],
      result: [2, 3, 4],
    },
  },
  cosineEmbeddingLoss: {
    general: [
      ["`input1`, `input2`", "`[D]`, `[N, D]`, `[…, D]`, or any with `axis`"],
      ["`target`", "that of `input1` without the axis of the vectors"],
      ...lossResults("that of `target`", "input1"),
    ],
    call: {
      ...vectors,
      arguments: [
        [2, 3, 4],
        [2, 3, 4],
        [2, 3],
      ],
    },
  },
  diceLoss: regions,
  tverskyLoss: regions,
  infoNceLoss: {
    ...pairs,
    general: [
      ["`queries`", "`[N, D]`"],
      ["`keys`", "`[N, D]`, or `[M, D]` with M > N"],
      ...lossResults("`[N]`", "queries"),
    ],
  },
  sigmoidContrastiveLoss: pairs,
  distillationLoss: {
    general: [
      ["`input`", "`[C]`, `[N, C]` or `[…, C]`"],
      ["`teacher`", "that of the input"],
      ...lossResults("the shape of the input without the class axis", "input"),
    ],
    call: {
      ...vectors,
      arguments: [
        [2, 3, 4],
        [2, 3, 4],
      ],
    },
  },
  ctcLoss: {
    general: [
      ["`logProbs`", "`[T, N, C]`, or `[T, C]` for one sequence"],
      ["`targets`", "`[N, S]`, or all targets on one axis; `[S]` for one sequence"],
      ["`inputLengths`, `targetLengths`", "`[N]`, or a number"],
      ...lossResults("`[N]`", "logProbs"),
    ],
    call: {
      axes: "Two sequences of eight time steps and four symbols, with targets of three:",
      arguments: [[8, 2, 4], [2, 3], [2], [2]],
      result: [2],
    },
  },
  linearCrossEntropy: {
    general: [
      ["`input`", "`[D]`, `[T, D]`, `[B, T, D]` or `[…, D]`"],
      ["`weight`", "`[V, D]`"],
      ["`target`, token ids", "that of the input without D"],
      ["`target`, probabilities", "`[…, V]`"],
      ...lossResults("that of the token ids", "input"),
    ],
    call: {
      axes: "Two texts of three positions, four hidden units, five tokens:",
      arguments: [
        [2, 3, 4],
        [5, 4],
        [2, 3],
      ],
      result: [2, 3],
      probabilities: [2, 3, 5],
    },
  },
};

/** Returns the shapes of the results of a loss. */
export function lossResults(each: string, first: string): [string, string][] {
  return [
    ["the loss", `a number; with \`reduction: "none"\`, ${each}`],
    ["`grad` of `valueAndGrad`", `that of \`${first}\``],
  ];
}
