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
  [/^(alpha|classweight)$/, "weight"],
  [/mask$|^where$|^weight$/, "sampleWeight"],
  [/^ignore/, "ignoreIndex"],
  [/^smoothing$/, "labelSmoothing"],
  [
    /^(sizeaverage|reduce)$/,
    "reduction",
    'it is called "reduction" here, and takes "mean", "sum" or "none"',
  ],
  [
    /logit$/,
    "weight",
    "crossEntropy and binaryCrossEntropyWithLogits take logits, and nllLoss takes log-probabilities",
  ],
  [
    /^(gradoutput|differentiate)$/,
    "sampleWeight",
    '"gradOutput" and "differentiate" are options of valueAndGrad',
  ],
  [/^(numclasse|depth)$/, "skipMasked", "the input's shape has the number of classes"],
  [/^(label|target|input)$/, "reduction", "arguments come before the options"],
];
