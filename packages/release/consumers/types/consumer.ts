// A program of a user in strict TypeScript. It is type-checked, and not run.
import { kernels, logSoftmax, softmax, type Tensor, tensor } from "@surprisal/core";
import { numeric, type OptionSchema } from "@surprisal/core/authoring";
import { accuracy, fitTemperature } from "@surprisal/evaluation";
import { perplexity, topLogProbs } from "@surprisal/language";
import { type CrossEntropyOptions, crossEntropy, defineLoss, nllLoss } from "@surprisal/losses";
import { type ThreadsReport, useThreads } from "@surprisal/threads";

const row: number[] = softmax([2, 1, 0]);
const rows: number[][] = logSoftmax([[2, 1, 0]]);
const vector: Float32Array = softmax(new Float32Array([2, 1, 0]));
const logits: Tensor<Float32Array> = tensor(new Float32Array(6), [2, 3]);

const options: CrossEntropyOptions = { labelSmoothing: 0.1, ignoreIndex: -1 };
const loss: number = crossEntropy(logits, [0, 2], { ...options, reduction: "mean" });
const value: number = nllLoss(rows, [0]);
const { grad } = crossEntropy.valueAndGrad([[2, 1, 0]], [0]);
const entry: number | undefined = grad[0]?.[0];
const each: Tensor<Float32Array> | number = crossEntropy(logits, [0, 2], { reduction: "none" });

// @ts-expect-error an option that does not exist
crossEntropy(logits, [0, 2], { labelSmooting: 0.1 });
// @ts-expect-error logits are numbers
softmax(["2", "1"]);

const score: number = perplexity(logits, [0, 2]);
const best = topLogProbs(logits, 2);
const right: number = accuracy(logits, [0, 2]);
const { temperature } = fitTemperature(logits, [0, 2]);
const report: Promise<ThreadsReport> = useThreads(1);
const active: "relaxed" | "simd" | "js" = kernels().active;

const scale: OptionSchema<number> = numeric(1);

export {
  active,
  best,
  defineLoss,
  each,
  entry,
  loss,
  report,
  right,
  row,
  scale,
  score,
  temperature,
  value,
  vector,
};
