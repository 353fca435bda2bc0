import { kernels, softmax, tensor, useKernels } from "@surprisal/core";
import { crossEntropy } from "@surprisal/losses";
import {
  crossEntropyGradientLoop,
  crossEntropyLoop,
  meanLoop,
  randomBatch,
  softmaxLoop,
} from "@surprisal/testing/benchmark";

/** A computation that is compared with others. */
export interface Implementation {
  readonly name: string;
  /** Selects the kernels. It is called before each sample and not timed. */
  prepare(): void;
  compute(): void;
  answer(): ArrayLike<number>;
}

export interface BenchmarkCase {
  readonly operation: string;
  readonly shape: readonly [rows: number, classes: number];
  /** The first is the baseline. */
  readonly implementations: readonly Implementation[];
}

export const baselineName = "plain loop";

export const shapes = [
  [1024, 10],
  [64, 1000],
  [8, 32000],
] as const;

/** The number of operations that are measured on each shape. */
const operationCount = 3;

export const caseCount = operationCount * shapes.length;

/** Yields the cases one by one, so that only one batch is in memory. */
export function* benchmarkCases(): Generator<BenchmarkCase> {
  for (const shape of shapes) {
    const [rows, classes] = shape;
    const batch = randomBatch(rows, classes);
    const { targets } = batch;
    const logits = tensor(batch.logits, shape);
    const out = tensor(new Float32Array(batch.logits.length), shape);
    const losses = new Float32Array(rows);
    let value = 0;
    const makeCase = (
      operation: string,
      baseline: () => void,
      ours: () => void,
      answer: () => ArrayLike<number>,
    ): BenchmarkCase => ({
      operation,
      shape,
      implementations: [
        { name: baselineName, prepare() {}, compute: baseline, answer },
        ...kernels().available.map((kernelName) => ({
          name: `Surprisal ${kernelName}`,
          prepare: () => useKernels(kernelName),
          compute: ours,
          answer,
        })),
      ],
    });
    yield makeCase(
      "softmax",
      () => softmaxLoop(batch, out.data),
      () => softmax(logits, { out }),
      () => out.data,
    );
    yield makeCase(
      "cross-entropy",
      () => {
        crossEntropyLoop(batch, losses);
        value = meanLoop(losses);
      },
      () => {
        value = crossEntropy(logits, targets);
      },
      () => [value],
    );
    yield makeCase(
      "cross-entropy + gradient",
      () => {
        crossEntropyGradientLoop(batch, losses, out.data);
        value = meanLoop(losses);
      },
      () => crossEntropy.valueAndGrad(logits, targets, { out }),
      () => out.data,
    );
  }
}
