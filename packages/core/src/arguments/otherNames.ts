import type { OtherName } from "./optionAdvice.ts";

/** Other libraries' names of a mask, for functions of rows of logits. */
export const maskNames: readonly OtherName[] = [
  [/mask$|^where$/, "whenEmpty", "set masked elements to -Infinity"],
];

/** Other libraries' names of the options of losses, and of functions that have options like theirs. */
export const lossOptionNames: readonly OtherName[] = [
  [/^(dim|axe)$/, "axis"],
  [
    /mask$|^where$/,
    "skipMasked",
    '"sampleWeight" masks rows, and a logit of -Infinity masks a class',
  ],
  [/mask$|^where$|^weight$/, "sampleWeight"],
  [/^ignore/, "ignoreIndex"],
  [/^smoothing$/, "labelSmoothing"],
  [
    /^(sizeaverage|reduce)$/,
    "reduction",
    'it is called "reduction" here, and takes "mean", "sum" or "none"',
  ],
  [
    /^(from)?logit$/,
    "probabilities",
    'write "probabilities: false" for logits, or "probabilities: true" for probabilities',
  ],
  [
    /logit$/,
    "skipMasked",
    "leave it out: nllLoss takes log-probabilities, and the other losses of classes take logits",
  ],
  [
    /logit$/,
    "weight",
    "binaryCrossEntropyWithLogits takes logits, and binaryCrossEntropy takes probabilities",
  ],
  [
    /^alpha$/,
    "gamma",
    'write "weight" for one factor per class; sigmoidFocalLoss, for binary labels, has "alpha"',
  ],
  [
    /^(gradoutput|differentiate)$/,
    "reduction",
    'only valueAndGrad has "gradOutput" and "differentiate"',
  ],
  [
    /^(numclasse|depth)$/,
    "skipMasked",
    "leave it out: the shape of the input says how many classes there are",
  ],
  [
    /^(label|target|input)$/,
    "reduction",
    "the input and the target are arguments before the options",
  ],
];
