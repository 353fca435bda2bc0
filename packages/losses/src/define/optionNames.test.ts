import { tensor } from "@surprisal/core";
import { expect, it } from "vitest";
import * as losses from "../index.ts";

type Call = (...args: unknown[]) => unknown;

const byName = { ...losses } as unknown as Record<string, Call>;
const { crossEntropy, focalLoss, mseLoss } = byName;

const classMask = '"sampleWeight" masks rows, and a logit of -Infinity masks a class.';
const takesLogits =
  "leave it out: nllLoss takes log-probabilities, and the other losses of classes take logits.";
const isArgument = "the input and the target are arguments before the options.";

it.each([
  ["crossEntropy", "mask", classMask],
  ["crossEntropy", "attention_mask", classMask],
  ["focalLoss", "where", classMask],
  ["mseLoss", "mask", 'it is called "sampleWeight" here.'],
  ["mseLoss", "attentionMask", 'it is called "sampleWeight" here.'],
  ["klDiv", "padding_mask", 'it is called "sampleWeight" here.'],
  ["crossEntropy", "label", isArgument],
  ["crossEntropy", "labels", isArgument],
  ["mseLoss", "target", isArgument],
  ["distillationLoss", "label", 'it is called "labels" here.'],
  ["distillationLoss", "target", 'it is called "labels" here.'],
  [
    "focalLoss",
    "alpha",
    'write "weight" for one factor per class; sigmoidFocalLoss, for binary labels, has "alpha".',
  ],
  ["crossEntropy", "alpha", "expected one of reduction"],
  ["crossEntropy", "class_weights", 'it is called "weight" here.'],
  ["ctcLoss", "weights", 'it is called "sampleWeight" here.'],
  [
    "crossEntropy",
    "num_classes",
    "leave it out: the shape of the input says how many classes there are.",
  ],
  [
    "crossEntropy",
    "depth",
    "leave it out: the shape of the input says how many classes there are.",
  ],
  ["crossEntropy", "ignoreLabel", 'it is called "ignoreIndex" here.'],
  ["crossEntropy", "smoothing", 'it is called "labelSmoothing" here.'],
  ["crossEntropy", "fromLogits", takesLogits],
  ["focalLoss", "logits", takesLogits],
  [
    "binaryCrossEntropy",
    "from_logits",
    "binaryCrossEntropyWithLogits takes logits, and binaryCrossEntropy takes probabilities.",
  ],
  ["diceLoss", "fromLogits", 'it is called "activation" here.'],
  ["diceLoss", "sigmoid", 'it is called "activation" here.'],
  ["tverskyLoss", "eps", 'it is called "smooth" here.'],
  [
    "jensenShannonDivergence",
    "from_logits",
    'write "probabilities: false" for logits, or "probabilities: true" for probabilities.',
  ],
  ["mseLoss", "alpha", "expected one of reduction"],
  ["mseLoss", "grad_output", 'only valueAndGrad has "gradOutput" and "differentiate".'],
  ["binaryCrossEntropyWithLogits", "pos_weights", 'it is called "posWeight" here.'],
  ["klDiv", "log_target", 'it is called "logTarget" here.'],
  ["huberLoss", "beta", 'it is called "delta" here.'],
  ["smoothL1Loss", "delta", 'it is called "beta" here.'],
  ["polyLoss", "eps", 'it is called "epsilon" here.'],
  ["gaussianNllLoss", "epsilon", 'it is called "eps" here.'],
  ["infoNceLoss", "tau", 'it is called "temperature" here.'],
  ["ctcLoss", "blank_id", 'it is called "blank" here.'],
  ["sigmoidContrastiveLoss", "logit_bias", 'it is called "bias" here.'],
  ["tripletMarginWithDistanceLoss", "distance_function", 'it is called "distance" here.'],
  ["mseLoss", "keepdim", "expected one of reduction, sampleWeight, out, weight."],
])("%s advises on the option %s", (name, option, advice) => {
  const loss = byName[name];
  const message = `${name}: unknown option "${option}", ${advice}`;
  const count = { ctcLoss: 4, gaussianNllLoss: 3, tripletMarginWithDistanceLoss: 3 }[name] ?? 2;
  expect(() => loss(...Array(count).fill([0.5]), { [option]: 1 })).toThrow(message);
});

it("refuses arguments behind the options", () => {
  const call = () => focalLoss([2, 1, 0], 0, { gamma: 2 }, "sum");
  expect(call).toThrow(TypeError);
  expect(call).toThrow(
    "focalLoss: expected 2 arguments and an object of options, got 4 arguments.",
  );
  const { valueAndGrad } = losses.mseLoss as unknown as { valueAndGrad: Call };
  expect(() => valueAndGrad([1], [2], undefined, {})).toThrow(
    "mseLoss.valueAndGrad: expected 2 arguments and an object of options, got 4 arguments.",
  );
});

it("says which options an array in their place may have been meant for", () => {
  const input = [[2, 1, 0]];
  const weight = new Float32Array(3);
  const write =
    "options must be a plain object such as { reduction: … } or { sampleWeight: … } or { out: … } or { axis: … } or { weight: … }, got";
  expect(() => crossEntropy(input, [0], weight)).toThrow(`crossEntropy: ${write} Float32Array(3).`);
  expect(() => crossEntropy(input, [0], tensor(weight, [3]))).toThrow(`crossEntropy: ${write} `);
  expect(() => crossEntropy(input, [0], "sum")).toThrow(`crossEntropy: ${write} "sum".`);
  expect(() => mseLoss([1], [2], [3])).toThrow("or { weight: … }, got Array(1).");
  expect(() => losses.mseLoss.valueAndGrad([1], [2], [3] as object)).toThrow(
    "{ gradOutput: … }, got Array(1).",
  );
});

it.each([
  ["mean", crossEntropy],
  ["sum", focalLoss],
] as const)(
  "says how to get the losses or the gradient if out does not fit the %s",
  (reduction, loss) => {
    const input = tensor(new Float32Array(6), [2, 3]);
    for (const out of [new Float32Array(2), tensor(new Float32Array(6), [2, 3]), [0, 0]]) {
      expect(() => loss(input, [0, 1], { out, reduction })).toThrow(
        `${loss.name}: out (which receives the ${reduction}; write reduction: "none" for the losses, or call valueAndGrad for the gradient) must `,
      );
    }
    const out = new Float32Array(2);
    loss(input, [0, 1], { out, reduction: "none" });
    expect(out[0]).toBeGreaterThan(0);
  },
);
