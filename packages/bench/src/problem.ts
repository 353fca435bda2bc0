import { type Batch, randomBatch, rowOffset } from "@surprisal/testing/benchmark";

/** The operations that are measured, with their names in reports. */
export const operations = {
  softmax: "softmax",
  logSoftmax: "logSoftmax",
  logOfSoftmax: "log(softmax)",
  crossEntropy: "cross-entropy",
  softmaxLogNll: "softmax → log → NLL",
  logSoftmaxNll: "logSoftmax → NLL",
  crossEntropyGradient: "cross-entropy with gradient",
  softmaxLogNllGradient: "softmax → log → NLL with gradient",
  logSoftmaxNllGradient: "logSoftmax → NLL with gradient",
  gather: "one value per row, gathered",
  diagonal: "one value per row, as the diagonal of the gathered matrix",
  labelSmoothing: "cross-entropy, label smoothing",
  labelSmoothingGradient: "cross-entropy with gradient, label smoothing",
  probabilities: "cross-entropy, class probabilities",
  probabilitiesGradient: "cross-entropy with gradient, class probabilities",
  zLossGradient: "cross-entropy with gradient, zLoss",
  softcapGradient: "cross-entropy with gradient, softcap",
  sampleWeightGradient: "cross-entropy with gradient, a weight per row",
  skipMaskedGradient: "cross-entropy with gradient, skipMasked",
  weightGradient: "cross-entropy with gradient, class weights",
  weightedProbabilities: "cross-entropy, class probabilities and weights",
  weightedProbabilitiesGradient: "cross-entropy with gradient, class probabilities and weights",
  focalGradient: "focal loss with gradient",
  composedFocalGradient: "focal loss of an author's functions, with gradient",
  polyGradient: "poly loss with gradient",
  generalizedGradient: "generalized cross-entropy with gradient",
  symmetricGradient: "symmetric cross-entropy with gradient",
  squaredErrorGradient: "squared error with gradient",
  absoluteErrorGradient: "absolute error with gradient",
  huberGradient: "Huber loss with gradient",
  smoothL1Gradient: "smooth L1 loss with gradient",
  poissonGradient: "Poisson loss with gradient",
  gaussianGradient: "Gaussian loss with gradient",
  klDivergenceGradient: "KL divergence with gradient",
  softMarginGradient: "soft margin loss with gradient",
  sigmoidFocalGradient: "focal loss of single logits, with gradient",
  binaryCrossEntropy: "binary cross-entropy with logits",
  binaryCrossEntropyGradient: "binary cross-entropy with logits, with gradient",
  positiveWeightGradient: "binary cross-entropy with logits and posWeight, with gradient",
  probabilityGradient: "binary cross-entropy with gradient",
  hingeEmbeddingGradient: "hinge embedding loss with gradient",
  marginRankingGradient: "margin ranking loss with gradient",
  tripletGradient: "triplet loss with gradient",
  cosineEmbeddingGradient: "cosine embedding loss with gradient",
  multiMarginGradient: "multi-margin loss with gradient",
  multilabelMarginGradient: "multi-label margin loss with gradient",
  multilabelSoftMarginGradient: "multi-label soft margin loss with gradient",
  ctc: "CTC loss",
  ctcGradient: "CTC loss with gradient",
  tokenLogProbs: "log-probability of one token per row",
  topLogProbs: "log-probabilities of the 20 likeliest tokens",
  linearCrossEntropy: "linear layer with cross-entropy",
  linearCrossEntropyGradient: "linear layer with cross-entropy, with gradients",
  rowOfNumbers: "cross-entropy of a row in a number[]",
  rowOfFloats: "cross-entropy of a row in a Float32Array",
  rowOfTensor: "cross-entropy of a row in { data, shape }",
  rowWithAxis: "cross-entropy of a row, axis",
  rowWithSmoothing: "cross-entropy of a row, label smoothing",
  rowWithWeight: "cross-entropy of a row, class weights",
  rowOfNumbersGradient: "cross-entropy with gradient of a row in a number[]",
  rowOfFloatsGradient: "cross-entropy with gradient of a row in a Float32Array",
  rowOfTensorGradient: "cross-entropy with gradient of a row in { data, shape }",
  rowWithAxisGradient: "cross-entropy with gradient of a row, axis",
  rowWithSmoothingGradient: "cross-entropy with gradient of a row, label smoothing",
  rowWithWeightGradient: "cross-entropy with gradient of a row, class weights",
} as const;

export type Operation = keyof typeof operations;

/** The losses of vectors: the rows of a matrix. */
export const vectorOperations: readonly Operation[] = [
  "tripletGradient",
  "cosineEmbeddingGradient",
  "multiMarginGradient",
  "multilabelMarginGradient",
  "multilabelSoftMarginGradient",
];

/** The operations whose data are a matrix of rows and classes. */
const matrixOperations: readonly Operation[] = [
  "gather",
  "diagonal",
  "tokenLogProbs",
  "topLogProbs",
  "linearCrossEntropy",
  "linearCrossEntropyGradient",
  ...vectorOperations,
];

/** The operations whose data are steps of sequences of labels. */
export const sequenceOperations: readonly Operation[] = ["ctc", "ctcGradient"];

/** Returns how many axes the data of an operation must have, the classes on the last; undefined if any number will do. */
export function axesOf(operation: Operation): 2 | 3 | undefined {
  if (matrixOperations.includes(operation)) return 2;
  return sequenceOperations.includes(operation) ? 3 : undefined;
}

/** The options of the operations that have some. */
export const settings = {
  labelSmoothing: 0.1,
  zLoss: 1e-4,
  softcap: 30,
  posWeight: 3,
  topCount: 20,
  hiddenSize: 512,
  /** The labels of each sequence. */
  labelCount: 50,
} as const;

export interface Shape {
  readonly shape: readonly number[];
  /** The axis of the classes, counted from the front. */
  readonly axis: number;
}

/** The logits and class indices that all implementations get. */
export interface Data extends Shape, Batch {}

export interface Problem extends Data {
  readonly operation: Operation;
  readonly reduction: "mean" | "none";
}

/** The result of an operation. */
export interface Answer {
  /** Probabilities, log-probabilities, losses, or gathered logits. */
  readonly values: ArrayLike<number>;
  /** Gradient of the mean loss, if the operation computes it. */
  readonly gradient?: ArrayLike<number>;
}

/** Returns a shape whose classes are on axis 1. */
export function withAxis(shape: readonly number[]): Shape {
  return { shape, axis: 1 };
}

export function formatShape(shape: readonly number[]): string {
  return shape.join("×");
}

/** Returns the number of rows and classes of a shape, and the stride of the classes. */
export function layoutOf({ shape, axis }: Shape) {
  const product = (sizes: readonly number[]) => sizes.reduce((a, b) => a * b, 1);
  const classes = shape[axis];
  const stride = product(shape.slice(axis + 1));
  const rows = product(shape.slice(0, axis)) * stride;
  return { rows, classes, stride, elements: rows * classes };
}

/** Returns random logits and targets of a shape, the same in each run. */
export function randomData(shape: Shape): Data {
  const { rows, classes, stride } = layoutOf(shape);
  return { ...shape, ...randomBatch(rows, classes, stride) };
}

/** Returns class probabilities: the one-hot rows of the targets with label smoothing. */
export function smoothedTargets(data: Data): Float32Array {
  const { rows, classes, stride, elements } = layoutOf(data);
  const uniform = settings.labelSmoothing / classes;
  const probabilities = new Float32Array(elements).fill(uniform);
  for (let r = 0; r < rows; r++) {
    const target = rowOffset(data, r) + data.targets[r] * stride;
    probabilities[target] = 1 - settings.labelSmoothing + uniform;
  }
  return probabilities;
}

/** Returns weights of rows or classes: 0.5, 0.75, 1 and 1.25 in turn. */
function weightsOf(count: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => 0.5 + (i % 4) / 4);
}

/** Returns the weight of each row. */
export function rowWeights({ targets }: Data): Float32Array {
  return weightsOf(targets.length);
}

/** Returns the weight of each class. */
export function classWeights({ classes }: Data): Float32Array {
  return weightsOf(classes);
}

/** Returns how many likeliest tokens are asked for. */
export function topCountOf({ classes }: Data): number {
  return Math.min(settings.topCount, classes);
}

/**
 * Returns the hidden states and the weight of a linear layer, made of the logits: forwards for the hidden states,
 * and for the weight backwards and smaller, so that the layer's logits are about as large as the given ones.
 */
export function linearLayer({ logits, targets, classes }: Data) {
  const { hiddenSize } = settings;
  const { length } = logits;
  const count = classes * hiddenSize;
  return {
    hidden: Float32Array.from(
      { length: targets.length * hiddenSize },
      (_, i) => logits[i % length],
    ),
    weight: Float32Array.from({ length: count }, (_, i) => logits[length - 1 - (i % length)] / 32),
  };
}

/** Returns whether an operation takes a minute in kernels of plain JavaScript. */
export function isTooLargeForJavaScript({ operation, classes }: Problem): boolean {
  return operation.startsWith("linear") && classes > 1000;
}

/** Returns the variances of the Gaussian loss: 0.5 and 1.5 in turn. */
export function elementVariances(data: Data): Float32Array {
  return elementTargets(data).map((target) => target + 0.5);
}

/** Returns the probabilities of binary cross-entropy. */
export function elementProbabilities({ logits }: Data): Float32Array {
  return logits.map((x) => 1 / (1 + Math.exp(-x)));
}

/** Returns labels 1 and −1 in turn. */
export function signs(count: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => 1 - 2 * (i % 2));
}

/** Returns other numbers of the logits' shape: the logits, moved by a number of places. */
export function moved({ logits }: Data, places: number): Float32Array {
  const { length } = logits;
  return logits.map((_, i) => logits[(i + places) % length]);
}

/** Returns two labels of each row, as the multi-label margin loss reads them: then comes −1. */
export function labelLists({ targets, classes }: Data): Int32Array {
  const lists = new Int32Array(targets.length * classes).fill(-1);
  targets.forEach((target, r) => {
    lists[r * classes] = target;
    if (classes > 1) lists[r * classes + 1] = (target + 1) % classes;
  });
  return lists;
}

/** Returns the labels of each sequence, at most a third as many as its steps. No label is 0, the blank. */
export function sequenceLabels({ shape: [steps, sequences], targets, classes }: Data) {
  const length = Math.min(settings.labelCount, Math.floor(steps / 3));
  const labels = targets.slice(0, sequences * length).map((target) => 1 + (target % (classes - 1)));
  return { labels, length, sequences, steps };
}

/** Returns the targets of elementwise losses: 0 and 1 in turn, from which no gradient cancels. */
export function elementTargets({ logits }: Data): Float32Array {
  return logits.map((_, i) => i % 2);
}
