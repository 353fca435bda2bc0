import { argmax, exponentials } from "@surprisal/core/authoring";
import type { BatchArguments, BatchCall, BatchResults } from "../define/batchLoss.ts";
import {
  addDotGradient,
  dotRows,
  type Embeddings,
  loadEmbeddings,
  releaseEmbeddings,
  storeEmbeddingsGradient,
} from "../define/embeddings.ts";
import { acquireFloat64, releaseFloat64 } from "../define/float64Pool.ts";

interface InfoNceOptions {
  readonly symmetric: boolean;
  readonly normalize: boolean;
  readonly temperature: number;
}

/** The vectors of a call. */
interface Vectors {
  readonly queries: Embeddings;
  readonly keys: Embeddings;
  readonly negatives: Embeddings | undefined;
  /** The number of negatives of each query, and the distance of the first negatives of two queries. */
  readonly negativeCount: number;
  readonly negativeStride: number;
}

/** The logits of all queries. Those of a query are those of the keys, then those of its negatives. */
interface Logits {
  readonly width: number;
  readonly values: Float64Array;
  /** The derivatives of the value with respect to the logits; undefined if not asked for. */
  readonly derivatives: Float64Array | undefined;
}

/** A classification among the logits from `start` on, `stride` apart. */
interface Classification {
  readonly start: number;
  readonly stride: number;
  readonly count: number;
  readonly target: number;
}

/** Computes the losses of all pairs, and the gradients that are asked for. */
export function evaluateInfoNce(
  { arguments: tensors, sampleWeight }: BatchCall,
  options: InfoNceOptions,
  results: BatchResults,
): void {
  const { temperature, normalize } = options;
  const { gradients } = results;
  const vectors = loadVectors(tensors, normalize, gradients);
  const { queries, keys, negatives, negativeCount } = vectors;
  const width = keys.count + negativeCount;
  const length = queries.count * width;
  const values = acquireFloat64(length);
  const derivatives = gradients && acquireFloat64(length).fill(0, 0, length);

  forEachSimilarity(vectors, (index, i, other, j) => {
    values[index] = dotRows(queries, i, other, j) / temperature;
  });
  storeLosses({ width, values, derivatives }, options.symmetric, sampleWeight, results);
  if (gradients !== undefined && derivatives !== undefined) {
    forEachSimilarity(vectors, (index, i, other, j) => {
      addDotGradient(queries, i, other, j, derivatives[index] / temperature);
    });
    storeEmbeddingsGradient(queries, gradients.queries);
    storeEmbeddingsGradient(keys, gradients.keys);
    if (negatives !== undefined) storeEmbeddingsGradient(negatives, gradients.negatives);
    gradients.temperature?.fill(-productSum(derivatives, values, length) / temperature);
    releaseFloat64(derivatives);
  }
  releaseFloat64(values);
  for (const embeddings of [queries, keys, negatives]) {
    if (embeddings !== undefined) releaseEmbeddings(embeddings);
  }
}

function loadVectors(
  tensors: BatchArguments,
  normalize: boolean,
  gradients: BatchResults["gradients"],
): Vectors {
  const [count, size] = tensors.queries.shape;
  const load = (name: string) =>
    loadEmbeddings(tensors[name].data, size, normalize, gradients?.[name] !== undefined);
  const negatives = tensors.negatives && load("negatives");
  const shape = tensors.negatives?.shape ?? [0, size];
  const negativeCount = shape[shape.length - 2];
  return {
    queries: { ...load("queries"), count },
    keys: { ...load("keys"), count: tensors.keys.shape[0] },
    negatives,
    negativeCount,
    negativeStride: shape.length === 3 ? negativeCount : 0,
  };
}

/** Calls `visit` with the index of each logit, the number of its query, and the row that it compares with. */
function forEachSimilarity(
  { queries, keys, negatives, negativeCount, negativeStride }: Vectors,
  visit: (index: number, i: number, other: Embeddings, j: number) => void,
): void {
  let index = 0;
  for (let i = 0; i < queries.count; i++) {
    for (let j = 0; j < keys.count; j++) visit(index++, i, keys, j);
    if (negatives === undefined) continue;
    for (let k = 0; k < negativeCount; k++) visit(index++, i, negatives, i * negativeStride + k);
  }
}

/** Stores the loss of each pair, and adds the derivatives with respect to the logits. */
function storeLosses(
  logits: Logits,
  symmetric: boolean,
  sampleWeight: Float64Array | undefined,
  { losses, lossScale }: BatchResults,
): void {
  const pairs = losses.length;
  const { width } = logits;
  const share = symmetric ? 0.5 : 1;
  const longest = Math.max(pairs, width);
  const work = { x: acquireFloat64(longest), exps: acquireFloat64(longest) };
  for (let i = 0; i < pairs; i++) {
    if (sampleWeight?.[i] === 0) continue;
    const scale = share * lossScale[i];
    const row = { start: i * width, stride: 1, count: width, target: i };
    losses[i] = share * classify(logits, row, scale, work);
    if (!symmetric) continue;
    const column = { start: i, stride: width, count: pairs, target: i };
    losses[i] += share * classify(logits, column, scale, work);
  }
  releaseFloat64(work.x);
  releaseFloat64(work.exps);
}

/** Returns the cross-entropy of a classification, and adds its derivatives times `scale`. */
function classify(
  { values, derivatives }: Logits,
  { start, stride, count, target }: Classification,
  scale: number,
  { x, exps }: { x: Float64Array; exps: Float64Array },
): number {
  for (let j = 0; j < count; j++) x[j] = values[start + j * stride];
  const top = argmax(x, 0, count);
  const sumExcludingTop = exponentials(x, exps, top, 1, 0, count);
  if (derivatives !== undefined) {
    for (let j = 0; j < count; j++) {
      let derivative = exps[j] / (1 + sumExcludingTop);
      if (j === target) {
        // Where the target dominates, its probability less 1 is made of the others.
        derivative = j === top ? -sumExcludingTop / (1 + sumExcludingTop) : derivative - 1;
      }
      derivatives[start + j * stride] += scale * derivative;
    }
  }
  return x[top] - x[target] + Math.log1p(sumExcludingTop);
}

/** Returns the sum of the products of two arrays. A factor of 0 adds nothing. */
function productSum(a: Float64Array, b: Float64Array, length: number): number {
  let sum = 0;
  for (let i = 0; i < length; i++) if (a[i] !== 0) sum += a[i] * b[i];
  return sum;
}
