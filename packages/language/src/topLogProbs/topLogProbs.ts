import type { FloatInput, Output, Tensor } from "@surprisal/core";
import {
  crossEntropyKernel,
  type KernelArray,
  logSoftmaxKernel,
  lossOptionNames,
  numberError,
  type OutputSpec,
  openOutput,
  optionsParser,
} from "@surprisal/core/authoring";
import { type TemperatureOptions, temperatureSchemas } from "../logits/options.ts";
import {
  forEachBlock,
  forEachRun,
  type Logits,
  newBlock,
  type RowBlock,
  readLogits,
} from "../logits/readLogits.ts";
import { type FindLargest, largestFinder } from "./largest.ts";

/** The most probable tokens of each position, most probable first. */
export interface TopLogProbs<I> {
  /** Their ids: nested arrays, an Int32Array or a tensor of one, as logits are. */
  readonly indices: Indices<I>;
  /** Their log-probabilities, in nats. */
  readonly logProbs: Output<I>;
}

/** The container of the ids, for logits of type `I`. */
export type Indices<I> = I extends { readonly BYTES_PER_ELEMENT: number }
  ? Int32Array
  : I extends readonly unknown[]
    ? Output<I>
    : Tensor<Int32Array>;

const parseOptions = optionsParser(temperatureSchemas, lossOptionNames);

/**
 * Finds the k most probable tokens of each position, and their log-probabilities.
 *
 * The probabilities are those of the whole vocabulary: they are not renormalised over the k.
 *
 * @param logits logits of shape [V], [T, V], [B, T, V] or […, V], in any container of floats.
 * @param k the number of tokens, from 1 to V.
 * @param options temperature.
 * @returns indices and logProbs, of shape […, k] in logits' kind of container, sorted; of equally probable
 * tokens, the one with the lower id comes first.
 * @throws TypeError if an argument or option is of the wrong kind, or an option is unknown.
 * @throws RangeError if a shape does not fit, or k or temperature is out of range.
 *
 * @example
 * ```ts
 * import { topLogProbs } from "@surprisal/language";
 *
 * const { indices, logProbs } = topLogProbs([[2, 1, 0], [0, 1, 2]], 2);
 * indices; // [[0, 1], [2, 1]]
 * logProbs; // [[-0.407…, -1.407…], [-0.407…, -1.407…]]
 * ```
 *
 * Source: `torch.nn.functional.log_softmax` with `topk`.
 */
export function topLogProbs<I extends FloatInput>(
  logits: I,
  k: number,
  options?: TemperatureOptions,
): TopLogProbs<I> {
  const functionName = "topLogProbs";
  const { temperature } = parseOptions(functionName, options);
  const read = readLogits(functionName, logits);
  const { vocabulary } = read;
  checkCount(functionName, k, vocabulary);
  const shape = [...read.shape, k];
  const logProbs = openOutput(functionName, undefined, shape, read.spec, [read.memory]);
  const indices = openIndices(functionName, shape, read.spec);
  const compute = temperature === 1 ? computeExactly : computeAtTemperature;
  compute(
    read,
    largestFinder(Math.min(k, vocabulary)),
    k,
    temperature,
    indices.data,
    logProbs.data,
  );
  return { indices: indices.finish(), logProbs: logProbs.finish() } as TopLogProbs<I>;
}

function checkCount(functionName: string, k: unknown, vocabulary: number): void {
  // Without rows, the vocabulary is unknown.
  const most = vocabulary === 0 ? Number.POSITIVE_INFINITY : vocabulary;
  if (Number.isSafeInteger(k) && (k as number) >= 1 && (k as number) <= most) return;
  const range =
    vocabulary === 0 ? "of at least 1" : `from 1 to ${vocabulary}, the size of the vocabulary`;
  throw numberError(`${functionName}: k`, `be a whole number ${range}`, k);
}

/** Opens the container of the ids. Nested arrays hold numbers, as those of the log-probabilities do. */
function openIndices(
  functionName: string,
  shape: readonly number[],
  { kind }: OutputSpec,
): { readonly data: Int32Array | KernelArray; finish(): unknown } {
  if (kind === "nested") {
    return openOutput(functionName, undefined, shape, { kind, elementType: "float64" }, []);
  }
  const size = shape.reduce((product, length) => product * length, 1);
  const data = new Int32Array(size);
  return {
    data,
    finish() {
      if (kind === "tensor") return { data, shape };
      if (kind === "vector" || shape.length === 1) return data;
      return nestRows(data, shape);
    },
  };
}

/** Returns rows as typed arrays, nested as logits are. */
function nestRows(data: Int32Array, [length, ...rest]: readonly number[]): unknown {
  const size = data.length / length;
  return Array.from({ length }, (_, i) => {
    const part = data.slice(i * size, (i + 1) * size);
    return rest.length === 1 ? part : nestRows(part, rest);
  });
}

/** Computes xⱼ − max − log1p(S), S being the sum of the other exponentials: a sure row keeps its digits. */
function computeExactly(
  logits: Logits,
  findLargest: FindLargest,
  k: number,
  _: number,
  indices: Int32Array | KernelArray,
  logProbs: KernelArray,
): void {
  const { vocabulary } = logits;
  forEachRun(logits, ({ data, firstRow, rows }: RowBlock) => {
    const rowData = {
      load(first: number, count: number, targets: Int32Array) {
        for (let i = 0; i < count; i++) {
          const start = (first + i) * vocabulary;
          const places = findLargest(data, start, start + vocabulary);
          const to = (firstRow + first + i) * k;
          const max = data[start + places[0]];
          targets[i] = places[0];
          for (let j = 0; j < k; j++) {
            indices[to + j] = places[j];
            logProbs[to + j] = data[start + places[j]] - max;
          }
        }
      },
      store(first: number, count: number, values: Float64Array) {
        for (let i = 0; i < count; i++) {
          const to = (firstRow + first + i) * k;
          for (let j = 0; j < k; j++) logProbs[to + j] -= values[i];
        }
      },
    };
    crossEntropyKernel(data, { outer: rows, size: vocabulary, inner: 1 }, rowData, undefined);
  });
}

function computeAtTemperature(
  logits: Logits,
  findLargest: FindLargest,
  k: number,
  temperature: number,
  indices: Int32Array | KernelArray,
  logProbs: KernelArray,
): void {
  const { vocabulary } = logits;
  let block: KernelArray | undefined;
  forEachBlock(logits, ({ data, firstRow, rows }) => {
    block ??= newBlock(logits.spec, data.length);
    const layout = { outer: rows, size: vocabulary, inner: 1 };
    logSoftmaxKernel(data, block.subarray(0, data.length), layout, temperature, Number.NaN);
    for (let r = 0; r < rows; r++) {
      const start = r * vocabulary;
      const places = findLargest(data, start, start + vocabulary);
      const to = (firstRow + r) * k;
      for (let j = 0; j < k; j++) {
        indices[to + j] = places[j];
        logProbs[to + j] = block[start + places[j]];
      }
    }
  });
}
