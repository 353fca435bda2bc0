import { float64Reference, type Random, random, ulpAt } from "@surprisal/testing";
import {
  crossEntropyKernel,
  logSoftmaxBackwardKernel,
  logSoftmaxKernel,
  logSumExpKernel,
  softmaxBackwardKernel,
  softmaxKernel,
} from "../src/kernels/dispatch.ts";

/** Rows side by side, with the results that `errors` compares: several candidates in one kernel call. */
interface Batch {
  readonly x: Float32Array;
  readonly g: Float32Array;
  readonly count: number;
  readonly size: number;
}

/** Returns the error of each row of a batch, in ulp. */
type Errors = (batch: Batch) => number[];

/** Returns the largest error of a row whose results are normal, in ulp of `scaleOf` each. */
function worstOf(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  scaleOf: (j: number) => number = (j) => expected[j],
): number {
  let worst = 0;
  for (let j = 0; j < expected.length; j++) {
    const scale = Math.abs(scaleOf(j));
    if (scale < 2 ** -126 || scale >= 2 ** 127) continue;
    worst = Math.max(worst, Math.abs(actual[j] - expected[j]) / ulpAt(scale, "float32"));
  }
  return worst;
}

const layoutOf = ({ count, size }: Batch) => ({ outer: count, size, inner: 1 });

function perRow(batch: Batch, errorOf: (row: Float32Array, start: number, i: number) => number) {
  return Array.from({ length: batch.count }, (_, i) => {
    const start = i * batch.size;
    return errorOf(batch.x.subarray(start, start + batch.size), start, i);
  });
}

function logSoftmaxAt(temperature: number): Errors {
  return (batch) => {
    const out = new Float32Array(batch.x.length);
    logSoftmaxKernel(batch.x, out, layoutOf(batch), temperature, 0);
    return perRow(batch, (row, start) => {
      const max = row.reduce((a, b) => Math.max(a, b));
      const scaled = Float64Array.from(row, (value) => (value - max) / temperature);
      return worstOf(out.subarray(start, start + batch.size), float64Reference(scaled).logSoftmax);
    });
  };
}

/** The cross-entropy of target 0, or its gradient. */
function crossEntropy(isGradient: boolean): Errors {
  return (batch) => {
    const gradient = isGradient ? new Float32Array(batch.x.length) : undefined;
    const losses = new Float32Array(batch.count);
    const rowData = {
      load(_: number, count: number, targets: Int32Array, gradScale: Float64Array) {
        targets.fill(0, 0, count);
        gradScale.fill(1, 0, count);
      },
      store: (first: number, count: number, values: Float64Array) =>
        losses.set(values.subarray(0, count), first),
    };
    crossEntropyKernel(batch.x, layoutOf(batch), rowData, gradient);
    return perRow(batch, (row, start, i) => {
      const reference = float64Reference(Float64Array.from(row));
      return gradient === undefined
        ? worstOf([losses[i]], [0 - reference.logSoftmax[0]])
        : worstOf(gradient.subarray(start, start + batch.size), reference.gradient(0));
    });
  };
}

function backward(isLogSoftmax: boolean): Errors {
  return (batch) => {
    const { x, g, size } = batch;
    const y = new Float32Array(x.length);
    const out = new Float32Array(x.length);
    (isLogSoftmax ? logSoftmaxKernel : softmaxKernel)(x, y, layoutOf(batch), 1, 0);
    const kernel = isLogSoftmax ? logSoftmaxBackwardKernel : softmaxBackwardKernel;
    kernel(g, y, out, layoutOf(batch));
    return perRow(batch, (row, start) => {
      const output = y.subarray(start, start + size);
      const upstream = g.subarray(start, start + size);
      const terms = Array.from(upstream, (value, j) => (isLogSoftmax ? value : value * output[j]));
      const sum = terms.reduce((a, b) => a + b);
      // Where the sum itself cancels, its own error counts, which is bounded by its terms.
      if (Math.abs(sum) < 1e-4 * terms.reduce((a, b) => a + Math.abs(b), 0)) return 0;
      const pairs = Array.from(row, (_, j) =>
        isLogSoftmax
          ? [upstream[j], Math.exp(output[j]) * sum]
          : [output[j] * upstream[j], output[j] * sum],
      );
      return worstOf(
        out.subarray(start, start + size),
        pairs.map(([a, b]) => a - b),
        (j) => Math.max(Math.abs(pairs[j][0]), Math.abs(pairs[j][1])),
      );
    });
  };
}

/** The operations that are climbed, with the errors of their rows. */
export const operations: Readonly<Record<string, Errors>> = {
  softmax(batch) {
    const out = new Float32Array(batch.x.length);
    softmaxKernel(batch.x, out, layoutOf(batch), 1, 0);
    return perRow(batch, (row, start) => {
      const { softmax } = float64Reference(Float64Array.from(row));
      return worstOf(out.subarray(start, start + batch.size), softmax);
    });
  },
  logSoftmax: logSoftmaxAt(1),
  "logSoftmax, temperature 0.7": logSoftmaxAt(0.7),
  "logSoftmax, temperature 3": logSoftmaxAt(3),
  logSumExp(batch) {
    const out = new Float32Array(batch.count);
    logSumExpKernel(batch.x, out, layoutOf(batch));
    return perRow(batch, (row, _, i) => {
      const { logSumExp } = float64Reference(Float64Array.from(row));
      const max = row.reduce((a, b) => Math.max(a, b));
      const scale = Math.max(Math.abs(logSumExp), Math.abs(max), logSumExp - max);
      return worstOf([out[i]], [logSumExp], () => scale);
    });
  },
  crossEntropy: crossEntropy(false),
  "crossEntropy, gradient": crossEntropy(true),
  softmaxBackward: backward(false),
  logSoftmaxBackward: backward(true),
};

const spreads = [0.5, 2, 8, 30];

/** Changes some bits, or some numbers, of a row. */
function mutate(bits: Uint32Array, values: Float32Array, spread: number, r: Random): void {
  for (let changes = 1 + r.below(3); changes > 0; changes--) {
    const j = r.below(values.length);
    if (r.uniform() < 0.1) values[j] = spread * r.normal();
    else bits[j] ^= 1 << r.below(r.uniform() < 0.5 ? 12 : 23);
  }
}

/**
 * Searches for the row with the largest error of an operation, by climbing: of many rows that differ from the
 * best one so far in some bits, the worst is the next. Starts again from other rows, as long as time is left.
 *
 * @returns the largest error found, in ulp, and its row.
 */
export function climb(name: string, seed: number, steps: number): { ulp: number; row: number[] } {
  const errors = operations[name];
  const r = random(seed);
  const sizes = [2, 3, 4, 5, 7, 10, 13, 33, 64, 255, 256, 300];
  let best = { ulp: 0, row: [] as number[] };
  for (let done = 0; done < steps; ) {
    const size = sizes[r.below(sizes.length)];
    const count = Math.max(4, Math.ceil(80 / size));
    const spread = spreads[r.below(spreads.length)];
    const batch = {
      x: Float32Array.from({ length: count * size }, () => spread * r.normal()),
      g: Float32Array.from({ length: count * size }, r.normal),
      count,
      size,
    };
    const bits = { x: new Uint32Array(batch.x.buffer), g: new Uint32Array(batch.g.buffer) };
    let top = { ulp: -1, x: new Float32Array(size), g: new Float32Array(size) };
    const patience = size > 64 ? 60 : 300;
    for (let idle = 0; idle < patience && done < steps; idle++, done++) {
      const found = errors(batch);
      const worst = found.indexOf(Math.max(...found));
      if (found[worst] > top.ulp) {
        idle = 0;
        const [start, end] = [worst * size, worst * size + size];
        top = { ulp: found[worst], x: batch.x.slice(start, end), g: batch.g.slice(start, end) };
      }
      for (let i = 0; i < count; i++) {
        const [start, end] = [i * size, i * size + size];
        batch.x.set(top.x, start);
        batch.g.set(top.g, start);
        mutate(bits.x.subarray(start, end), batch.x.subarray(start, end), spread, r);
        if (r.uniform() < 0.5) {
          mutate(bits.g.subarray(start, end), batch.g.subarray(start, end), 1, r);
        }
      }
    }
    if (top.ulp > best.ulp) best = { ulp: top.ulp, row: Array.from(top.x) };
  }
  return best;
}
