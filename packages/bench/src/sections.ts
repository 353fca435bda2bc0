import type { SamplingPlan } from "@surprisal/testing/benchmark";
import type { Implementation } from "./implementations/implementation.ts";
import {
  type Operation,
  type Shape,
  sequenceOperations,
  settings,
  vectorOperations,
  withAxis,
} from "./problem.ts";

/** Operations that are measured on each of some shapes. */
export interface Section {
  readonly name: string;
  readonly title: string;
  readonly operations: readonly Operation[];
  readonly shapes: readonly Shape[];
  /** Changes the random logits, where a section is about special ones. */
  readonly changeLogit?: (logit: number) => number;
  /** The number of rounds, where calls take so long that few must do. */
  readonly rounds?: number;
  /** Whether the memory that a call allocates is measured. */
  readonly memory?: boolean;
  /** Whether the time of a call is shown beside that of the plain loop, for Surprisal and the loop. */
  readonly short?: boolean;
  /** Whether the time per element is shown as one size grows, for Surprisal and the baseline. */
  readonly growth?: boolean;
}

/** The implementation that times are compared with. */
export const baseline = "PyTorch, 1 thread";

/** The implementation that short calls are compared with. */
export const plainLoop = "plain JavaScript loop";

export interface Plan {
  readonly sampling: SamplingPlan;
  readonly sections: readonly Section[];
  /** The numbers of classes on which accuracy is measured. */
  readonly classes: readonly number[];
}

const routes: readonly Operation[] = [
  "logOfSoftmax",
  "logSoftmax",
  "softmaxLogNll",
  "logSoftmaxNll",
  "crossEntropy",
  "softmaxLogNllGradient",
  "logSoftmaxNllGradient",
  "crossEntropyGradient",
];

const optionOperations: readonly Operation[] = [
  "crossEntropy",
  "labelSmoothing",
  "probabilities",
  "crossEntropyGradient",
  "labelSmoothingGradient",
  "probabilitiesGradient",
  "zLossGradient",
  "softcapGradient",
  "sampleWeightGradient",
  "skipMaskedGradient",
  "weightGradient",
  "weightedProbabilities",
  "weightedProbabilitiesGradient",
  "focalGradient",
  "composedFocalGradient",
  "polyGradient",
  "generalizedGradient",
  "symmetricGradient",
];

const rowOperations: readonly Operation[] = [
  "rowOfNumbers",
  "rowOfFloats",
  "rowOfTensor",
  "rowWithAxis",
  "rowWithSmoothing",
  "rowWithWeight",
  "rowOfNumbersGradient",
  "rowOfFloatsGradient",
  "rowOfTensorGradient",
  "rowWithAxisGradient",
  "rowWithSmoothingGradient",
  "rowWithWeightGradient",
];

const subnormalOperations: readonly Operation[] = ["softmax", "crossEntropyGradient"];

/** Returns a subnormal number of float32. */
const toSubnormal = (logit: number) => logit * 2 ** -135;

/** Returns a logit that is 95 smaller if it is negative: its probability is subnormal beside that of a positive one. */
const toLogitOfSubnormal = (logit: number) => (logit < 0 ? logit - 95 : logit);

const elementOperations: readonly Operation[] = [
  "squaredErrorGradient",
  "absoluteErrorGradient",
  "huberGradient",
  "smoothL1Gradient",
  "poissonGradient",
  "gaussianGradient",
  "klDivergenceGradient",
  "softMarginGradient",
  "sigmoidFocalGradient",
  "binaryCrossEntropy",
  "binaryCrossEntropyGradient",
  "positiveWeightGradient",
  "probabilityGradient",
  "hingeEmbeddingGradient",
  "marginRankingGradient",
];

const languageOperations: readonly Operation[] = ["tokenLogProbs", "topLogProbs"];

const linearOperations: readonly Operation[] = ["linearCrossEntropy", "linearCrossEntropyGradient"];

const growthOperations: readonly Operation[] = ["softmax", "crossEntropy", "crossEntropyGradient"];

interface PlanSizes {
  readonly sampling: SamplingPlan;
  readonly speed: readonly (readonly number[])[];
  readonly routes: readonly (readonly number[])[];
  readonly options: readonly (readonly number[])[];
  readonly elements: readonly (readonly number[])[];
  readonly vectors: readonly (readonly number[])[];
  readonly sequences: readonly (readonly number[])[];
  readonly subnormal: readonly (readonly number[])[];
  readonly language: readonly (readonly number[])[];
  readonly linear: readonly (readonly number[])[];
  readonly gatherRows: readonly number[];
  readonly growthClasses: readonly number[];
  readonly growthRows: readonly number[];
  readonly classes: readonly number[];
}

const full: PlanSizes = {
  sampling: { rounds: 21, warmUpMilliseconds: 100, sampleMilliseconds: 10 },
  speed: [
    [1, 10],
    [32, 10],
    [65536, 10],
    [4096, 50],
    [128, 1000],
    [32, 32000],
    [16, 128256],
    [8, 21, 128, 128],
  ],
  routes: [
    [65536, 10],
    [128, 1000],
    [32, 32000],
  ],
  options: [
    [65536, 10],
    [128, 1000],
    [8, 128256],
  ],
  elements: [
    [1, 10],
    [1000, 1000],
  ],
  vectors: [[4096, 256]],
  sequences: [[500, 32, 100]],
  subnormal: [
    [65536, 10],
    [128, 1000],
  ],
  language: [
    [512, 32000],
    [64, 128256],
  ],
  linear: [[256, 32000]],
  gatherRows: [64, 256, 1024, 4096],
  growthClasses: [10, 100, 1000, 10000, 131072],
  growthRows: [1, 16, 256, 4096, 65536],
  classes: [1, 2, 3, 10, 1000, 50257, 131072],
};

const quick: PlanSizes = {
  sampling: { rounds: 5, warmUpMilliseconds: 10, sampleMilliseconds: 1 },
  speed: [
    [1, 10],
    [128, 1000],
    [2, 21, 32, 32],
  ],
  routes: [[128, 1000]],
  options: [[128, 1000]],
  elements: [[100, 1000]],
  vectors: [[256, 64]],
  sequences: [[60, 4, 20]],
  subnormal: [[128, 1000]],
  language: [[16, 1000]],
  linear: [[16, 1000]],
  gatherRows: [64, 512],
  growthClasses: [10, 10000],
  growthRows: [1, 1024],
  classes: [1, 2, 3, 10, 1000],
};

/** Returns whether a section measures an implementation. */
export function isIncluded({ growth, short }: Section, { name, kind }: Implementation): boolean {
  if (short) return kind === "ours" || name === plainLoop;
  return !growth || kind === "ours" || name === baseline;
}

/** Returns what is measured. `shapes`, if given, are those of the sections "speed", "routes", "options" and "elements". */
export function makePlan(isQuick: boolean, shapes?: readonly (readonly number[])[]): Plan {
  const planSizes = isQuick ? quick : full;
  const growth = (name: string, title: string, sizes: number[][]): Section => ({
    name,
    title,
    operations: growthOperations,
    shapes: sizes.map(withAxis),
    growth: true,
  });
  return {
    sampling: planSizes.sampling,
    classes: planSizes.classes,
    sections: [
      {
        name: "speed",
        title: "Speed",
        operations: ["softmax", "logSoftmax", "crossEntropy", "crossEntropyGradient"],
        shapes: (shapes ?? planSizes.speed).map(withAxis),
      },
      {
        name: "routes",
        title: "Routes to the same loss",
        operations: routes,
        shapes: (shapes ?? planSizes.routes).map(withAxis),
      },
      {
        name: "options",
        title: "Cross-entropy with options, and functions of it",
        operations: optionOperations,
        shapes: (shapes ?? planSizes.options).map(withAxis),
      },
      {
        name: "elements",
        title: "Elementwise losses",
        operations: elementOperations,
        shapes: (shapes ?? planSizes.elements).map(withAxis),
      },
      {
        name: "vectors",
        title: "Losses of vectors",
        operations: vectorOperations,
        shapes: planSizes.vectors.map(withAxis),
      },
      {
        name: "sequences",
        title: "Losses of sequences",
        operations: sequenceOperations,
        shapes: planSizes.sequences.map((shape) => ({ shape, axis: 2 })),
      },
      {
        name: "short calls",
        title: "Calls for one row of ten classes",
        operations: rowOperations,
        shapes: [withAxis([1, 10])],
        short: true,
      },
      {
        name: "subnormal logits",
        title: "Logits that are subnormal numbers",
        operations: subnormalOperations,
        shapes: planSizes.subnormal.map(withAxis),
        changeLogit: toSubnormal,
      },
      {
        name: "subnormal results",
        title: "Probabilities that are subnormal numbers",
        operations: subnormalOperations,
        shapes: planSizes.subnormal.map(withAxis),
        changeLogit: toLogitOfSubnormal,
      },
      {
        name: "language",
        title: "Log-probabilities of a language model",
        operations: languageOperations,
        shapes: planSizes.language.map(withAxis),
        memory: true,
      },
      {
        name: "linear",
        title: `The last layer of a language model, from ${settings.hiddenSize} numbers to as many as there are tokens`,
        operations: linearOperations,
        shapes: planSizes.linear.map(withAxis),
        rounds: 5,
        memory: true,
      },
      {
        name: "gather",
        title: "One value per row of 1000: gathered, or the diagonal of the gathered matrix",
        operations: ["gather", "diagonal"],
        shapes: planSizes.gatherRows.map((rows) => withAxis([rows, 1000])),
        memory: true,
      },
      growth(
        "growth of classes",
        "Growth with the number of classes",
        planSizes.growthClasses.map((classes) => [16, classes]),
      ),
      growth(
        "growth of rows",
        "Growth with the number of rows",
        planSizes.growthRows.map((rows) => [rows, 50]),
      ),
    ],
  };
}
