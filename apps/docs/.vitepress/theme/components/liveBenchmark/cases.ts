import { kernels, softmax, tensor, useKernels } from "@surprisal/core";
import { crossEntropy } from "@surprisal/losses";
import {
  crossEntropyGradientLoop,
  crossEntropyLoop,
  meanLoop,
  randomBatch,
  softmaxLoop,
} from "@surprisal/testing/benchmark";
import type { Gpu } from "@surprisal/webgpu";
import { gpuImplementations } from "./gpuImplementations.ts";

/** A computation that is compared with others. */
export interface Implementation {
  readonly name: string;
  /** Selects the kernels. It is called before each sample and not timed. */
  prepare(): void;
  compute(): void;
  /** Waits until the calls of `compute` have ended, where they return before that. */
  settle?(): Promise<void>;
  answer(): ArrayLike<number> | Promise<ArrayLike<number>>;
}

export const operations = ["softmax", "cross-entropy", "cross-entropy + gradient"] as const;
export type Operation = (typeof operations)[number];

export interface BenchmarkCase {
  readonly operation: Operation;
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

export const caseCount = operations.length * shapes.length;

/** Yields the cases one by one, so that only one batch is in memory. With a GPU, it computes them too. */
export function* benchmarkCases(gpu?: Gpu): Generator<BenchmarkCase> {
  for (const shape of shapes) {
    const [rows, classes] = shape;
    const batch = randomBatch(rows, classes);
    const { targets } = batch;
    const logits = tensor(batch.logits, shape);
    const out = tensor(new Float32Array(batch.logits.length), shape);
    const losses = new Float32Array(rows);
    const onGpu = gpu && gpuImplementations(gpu, batch, shape);
    let value = 0;
    const makeCase = (
      operation: Operation,
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
        ...(onGpu ? [onGpu[operation]] : []),
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
    onGpu?.destroy();
  }
}
