// A loss and the value of its valueAndGrad, bit by bit.
import { kernels, logSoftmax, type Tensor, useKernels } from "@surprisal/core";
import { random } from "@surprisal/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  asymmetricLoss,
  binaryCrossEntropy,
  binaryCrossEntropyWithLogits,
  cosineEmbeddingLoss,
  crossEntropy,
  ctcLoss,
  diceLoss,
  distillationLoss,
  focalLoss,
  gaussianNllLoss,
  generalizedCrossEntropy,
  hingeEmbeddingLoss,
  huberLoss,
  infoNceLoss,
  jensenShannonDivergence,
  klDiv,
  l1Loss,
  logCoshLoss,
  marginRankingLoss,
  mseLoss,
  multilabelMarginLoss,
  multilabelSoftMarginLoss,
  multiMarginLoss,
  nllLoss,
  poissonNllLoss,
  polyLoss,
  sigmoidContrastiveLoss,
  sigmoidFocalLoss,
  smoothL1Loss,
  softMarginLoss,
  sparsemaxLoss,
  symmetricCrossEntropy,
  tripletMarginLoss,
  tripletMarginWithDistanceLoss,
  tverskyLoss,
} from "../src/index.ts";
import { type AnyLoss, flat } from "./tensors.ts";

type Floats = Float32ArrayConstructor | Float64ArrayConstructor;

/** Makes tensors of random numbers for one call. */
interface Make {
  readonly shape: readonly number[];
  readonly classes: number;
  /** Floats of the call's type. */
  floats(number: () => number, shape?: readonly number[]): Tensor;
  /** One whole number below `count` for each row. */
  integers(count: number): Int32Array;
  normal(): number;
  /** A number from 0.01 to 0.99. */
  fraction(): number;
  label(): number;
  sign(): number;
}

function makeTensors(seed: number, Floats: Floats, shape: readonly number[]): Make {
  const r = random(seed);
  const [rows, classes] = shape;
  return {
    shape,
    classes,
    floats: (number, own = shape) => ({
      data: new Floats(own.reduce((a, b) => a * b, 1)).map(number),
      shape: own,
    }),
    integers: (count) => Int32Array.from({ length: rows }, () => r.below(count)),
    normal: r.normal,
    fraction: () => 0.01 + 0.98 * (r.below(2 ** 20) / 2 ** 20),
    label: () => r.below(2),
    sign: () => 2 * r.below(2) - 1,
  };
}

type Arguments = (make: Make) => readonly unknown[];

const normals: Arguments = ({ floats, normal }) => [floats(normal), floats(normal)];
const triplets: Arguments = (make) => [...normals(make), make.floats(make.normal)];
const labelled: Arguments = ({ floats, normal, label }) => [floats(normal), floats(label)];
const signed: Arguments = ({ floats, normal, sign }) => [floats(normal), floats(sign)];
const indices: Arguments = ({ floats, normal, integers, classes }) => [
  floats(normal),
  integers(classes),
];
const probabilities: Arguments = ({ floats, normal, classes }) => [
  floats(normal),
  floats(() => 1 / classes),
];

const calls: readonly (readonly [loss: AnyLoss, makeArguments: Arguments])[] = [
  [asymmetricLoss, labelled],
  [binaryCrossEntropy, ({ floats, fraction, label }) => [floats(fraction), floats(label)]],
  [binaryCrossEntropyWithLogits, labelled],
  [cosineEmbeddingLoss, (make) => [...normals(make), make.integers(2).map((t) => 2 * t - 1)]],
  [crossEntropy, probabilities],
  [
    ctcLoss,
    ({ floats, normal }) => [
      logSoftmax(floats(normal, [12, 3, 40])),
      [
        [1, 5],
        [2, 0],
        [39, 2],
      ],
      [12, 12, 12],
      [2, 1, 2],
    ],
  ],
  [diceLoss, labelled],
  [distillationLoss, normals],
  [focalLoss, probabilities],
  [gaussianNllLoss, (make) => [...normals(make), make.floats(make.fraction)]],
  [generalizedCrossEntropy, probabilities],
  [hingeEmbeddingLoss, signed],
  [huberLoss, normals],
  [infoNceLoss, normals],
  [jensenShannonDivergence, normals],
  [klDiv, ({ floats, normal, fraction }) => [floats(normal), floats(fraction)]],
  [l1Loss, normals],
  [logCoshLoss, normals],
  [marginRankingLoss, (make) => [...normals(make), make.floats(make.sign)]],
  [mseLoss, normals],
  [multiMarginLoss, indices],
  [
    multilabelMarginLoss,
    ({ floats, normal, label }) => [floats(normal), floats(() => label() - 1)],
  ],
  [multilabelSoftMarginLoss, labelled],
  [nllLoss, indices],
  [poissonNllLoss, labelled],
  [polyLoss, probabilities],
  [sigmoidContrastiveLoss, normals],
  [sigmoidFocalLoss, labelled],
  [smoothL1Loss, normals],
  [softMarginLoss, signed],
  [sparsemaxLoss, indices],
  [symmetricCrossEntropy, probabilities],
  [tripletMarginLoss, triplets],
  [tripletMarginWithDistanceLoss, triplets],
  [tverskyLoss, labelled],
];

const shapes = [
  [1, 2],
  [7, 9],
  [41, 12],
  [30, 100],
  [3, 300],
  [2, 5000],
  [900, 3],
];

function expectSameBits(loss: AnyLoss, args: readonly unknown[], options: object = {}): void {
  for (const reduction of ["mean", "sum", "none"]) {
    const given = { ...options, reduction };
    const { value } = loss.valueAndGrad(...args, given);
    expect(flat(value)).toEqual(flat(loss(...args, given)));
  }
}

describe.each(kernels().available)("with kernels %s", (name) => {
  beforeAll(() => void useKernels(name));
  afterAll(() => void useKernels("auto"));

  it.each(calls.map(([loss, makeArguments]) => ({ name: loss.name, loss, makeArguments })))(
    "$name has the bits of its valueAndGrad",
    ({ loss, makeArguments }) => {
      for (const Floats of [Float32Array, Float64Array]) {
        shapes.forEach((shape, seed) => {
          expectSameBits(loss, makeArguments(makeTensors(seed, Floats, shape)));
        });
      }
    },
  );

  // Float32 rows of fewer classes, in more than 64 elements, are added in another order.
  it.each([
    ["many classes", Float32Array, [5, 256], {}],
    ["few elements", Float32Array, [6, 10], {}],
    ["float64", Float64Array, [30, 10], {}],
    ["label smoothing", Float32Array, [30, 10], { labelSmoothing: 0.1 }],
  ] as const)(
    "functions of the cross-entropy of class indices have them, too: %s",
    (_, Floats, shape, options) => {
      for (const loss of [crossEntropy, focalLoss]) {
        expectSameBits(loss, indices(makeTensors(1, Floats, shape)), options);
      }
    },
  );
});
