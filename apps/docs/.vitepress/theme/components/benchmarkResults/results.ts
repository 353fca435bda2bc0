import type { BenchmarkRecord } from "@surprisal/bench/record";

/** One measurement: the median time of a call, in nanoseconds. */
export interface Measurement {
  readonly section: string;
  readonly operation: string;
  readonly shape: string;
  readonly elements: number;
  readonly implementation: string;
  readonly time: number;
  /** Whether its answer is wrong. */
  readonly wrong: boolean;
  /** Bytes that a call allocates. */
  readonly memory?: number;
}

/** The implementation that times are compared with. */
export const baseline = "PyTorch, 1 thread";
export const ours = "Surprisal relaxed";
export const oursAllocated = "Surprisal relaxed, allocated";

/** The names of the operations on the pages. */
export const operationNames: Readonly<Record<string, string>> = {
  softmax: "softmax",
  logSoftmax: "logSoftmax",
  crossEntropy: "cross-entropy",
  crossEntropyGradient: "cross-entropy + gradient",
};

const subnormalOperations = {
  softmax: "softmax",
  crossEntropyGradient: "cross-entropy + gradient",
};

/** The names of the operations of further sections of the record, in the order of their tables. */
export const sectionOperations: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  speed: operationNames,
  options: {
    crossEntropy: "cross-entropy",
    labelSmoothing: "label smoothing",
    probabilities: "class probabilities",
    crossEntropyGradient: "cross-entropy + gradient",
    labelSmoothingGradient: "label smoothing + gradient",
    probabilitiesGradient: "class probabilities + gradient",
    zLossGradient: "zLoss + gradient",
    softcapGradient: "softcap + gradient",
    sampleWeightGradient: "weights of rows + gradient",
    skipMaskedGradient: "skipMasked + gradient",
    weightGradient: "class weights + gradient",
    weightedProbabilities: "weighted probabilities",
    weightedProbabilitiesGradient: "weighted probabilities + gradient",
    focalGradient: "focal loss + gradient",
    composedFocalGradient: "composed focal loss + gradient",
    polyGradient: "poly loss + gradient",
    generalizedGradient: "generalized cross-entropy + gradient",
    symmetricGradient: "symmetric cross-entropy + gradient",
  },
  vectors: {
    tripletGradient: "triplet loss + gradient",
    cosineEmbeddingGradient: "cosine embedding loss + gradient",
    multiMarginGradient: "multi-margin loss + gradient",
    multilabelMarginGradient: "multi-label margin loss + gradient",
    multilabelSoftMarginGradient: "multi-label soft margin loss + gradient",
  },
  sequences: {
    ctc: "CTC loss",
    ctcGradient: "CTC loss + gradient",
  },
  elements: {
    squaredErrorGradient: "squared error + gradient",
    absoluteErrorGradient: "absolute error + gradient",
    huberGradient: "Huber loss + gradient",
    smoothL1Gradient: "smooth L1 loss + gradient",
    poissonGradient: "Poisson loss + gradient",
    gaussianGradient: "Gaussian loss + gradient",
    klDivergenceGradient: "KL divergence + gradient",
    softMarginGradient: "soft margin loss + gradient",
    sigmoidFocalGradient: "focal loss of single logits + gradient",
    binaryCrossEntropy: "binary cross-entropy with logits",
    binaryCrossEntropyGradient: "binary cross-entropy with logits + gradient",
    positiveWeightGradient: "binary cross-entropy with posWeight + gradient",
    probabilityGradient: "binary cross-entropy + gradient",
    hingeEmbeddingGradient: "hinge embedding loss + gradient",
    marginRankingGradient: "margin ranking loss + gradient",
  },
  "subnormal logits": subnormalOperations,
  "subnormal results": subnormalOperations,
  language: {
    tokenLogProbs: "tokenLogProbs",
    topLogProbs: "topLogProbs, 20 tokens",
  },
  linear: {
    linearCrossEntropy: "linearCrossEntropy",
    linearCrossEntropyGradient: "linearCrossEntropy + gradients",
  },
};

/** The names of the calls for one row; the same operations with "Gradient" after their name also compute the gradient. */
export const rowCalls: Readonly<Record<string, string>> = {
  rowOfNumbers: "a number[]",
  rowOfFloats: "a Float32Array",
  rowOfTensor: "{ data, shape }",
  rowWithAxis: "a Float32Array, axis: 0",
  rowWithSmoothing: "a Float32Array, labelSmoothing",
  rowWithWeight: "a Float32Array, weight",
};

export const plainLoop = "plain JavaScript loop";

/** The two ways to gather a value from each row. Both are plain loops and differ in the matrix only. */
export const gatherMethods = {
  implementation: plainLoop,
  names: { gather: "one value per row", diagonal: "diagonal of the gathered matrix" },
};

/** Returns the part of a record that the pages show. */
export function selectResults(record: BenchmarkRecord, file: string) {
  const { date, machine, runtime, sampling, implementations, gridKinds, accuracy, size } = record;
  return {
    file,
    date: date.slice(0, 10),
    machine,
    runtime,
    rounds: sampling.rounds,
    implementations: implementations.map(({ name, version, kind }) => ({ name, version, kind })),
    measurements: record.results.map(
      ({
        section,
        operation,
        shape,
        elements,
        implementation,
        times,
        wrong,
        memory,
      }): Measurement => ({
        section,
        operation,
        shape: shape.join("×"),
        elements,
        implementation,
        time: times.median,
        wrong,
        memory,
      }),
    ),
    gridKinds,
    accuracy,
    size,
  };
}

export type Results = ReturnType<typeof selectResults>;

/** Returns the measurements of one operation on one shape, of all implementations. */
export function measurementsOf(
  { measurements }: Results,
  section: string,
  operation: string,
  shape: string,
): Measurement[] {
  return measurements.filter(
    (one) => one.section === section && one.operation === operation && one.shape === shape,
  );
}

export function shapesOf({ measurements }: Results, section: string): string[] {
  const found = measurements.filter((one) => one.section === section);
  return [...new Set(found.map(({ shape }) => shape))];
}

/** Returns the preferred choice if it is available, else the first. */
export function preferredChoice(preferred: string, available: readonly string[]): string {
  return available.includes(preferred) ? preferred : available[0];
}

/** Returns the sizes of the axes of a shape. */
export function sizesOf(shape: string): number[] {
  return shape.split("×").map(Number);
}

export function timePerElement({ time, elements }: Pick<Measurement, "time" | "elements">): number {
  return time / elements;
}

/**
 * Returns the speed of each implementation relative to the baseline. Implementations with a wrong
 * answer are left out; a baseline with a wrong answer still gives the time to compare with.
 */
export function speedups(
  measurements: readonly Measurement[],
): { implementation: string; ratio: number }[] {
  const baselineTime = timeOf(measurements, baseline);
  if (baselineTime === undefined) return [];
  return measurements
    .filter(({ wrong }) => !wrong)
    .map(({ implementation, time }) => ({ implementation, ratio: baselineTime / time }));
}

export function timeOf(
  measurements: readonly Measurement[],
  implementation: string,
): number | undefined {
  return measurements.find((one) => one.implementation === implementation)?.time;
}

export function isWrong(measurements: readonly Measurement[], implementation: string): boolean {
  return measurements.some((one) => one.implementation === implementation && one.wrong);
}

/** Returns the other JavaScript libraries, the fastest first. A plain loop is no library. */
export function peers(results: Results, measurements: readonly Measurement[]): Measurement[] {
  const libraries = results.implementations.filter(
    ({ kind, name }) => kind === "JavaScript" && name !== plainLoop,
  );
  return measurements
    .filter(
      ({ implementation, wrong }) =>
        !wrong && libraries.some(({ name }) => name === implementation),
    )
    .sort((a, b) => a.time - b.time);
}
