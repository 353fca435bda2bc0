// Calls of every operation that threads compute.
import { createHash } from "node:crypto";
import {
  crossEntropyKernel,
  expKernel,
  expm1Kernel,
  type Layout,
  log1pKernel,
  logAddExpKernel,
  logKernel,
  logSigmoidKernel,
  logSoftmaxBackwardKernel,
  logSoftmaxKernel,
  logSumExpKernel,
  type RowData,
  type SoftTargets,
  sigmoidKernel,
  softCrossEntropyKernel,
  softcapCrossEntropyKernel,
  softmaxBackwardKernel,
  softmaxKernel,
  softplusKernel,
  sparsemaxBackwardKernel,
  sparsemaxKernel,
  tanhKernel,
} from "@surprisal/core/authoring";
import { random } from "@surprisal/testing";

type Make = (length: number) => Float32Array;

const unaryKernels = {
  expKernel,
  expm1Kernel,
  logKernel,
  log1pKernel,
  tanhKernel,
  sigmoidKernel,
  softplusKernel,
  logSigmoidKernel,
};

/** Calls every operation, in place too, and returns the digest of everything that it has written, by name. */
export function digests(layout: Layout, make: Make): Record<string, string> {
  const { outer, size, inner } = layout;
  const length = outer * size * inner;
  const rows = outer * inner;
  const { x, g, p } = inputsOf(layout, make);
  const all: Record<string, string> = {};
  const out = make(length);
  const note = (name: string, ...arrays: (Float32Array | Float64Array)[]) => {
    all[name] = digest(arrays);
    out.fill(0);
  };
  const inPlace = (array: Float32Array) => {
    out.set(array);
    return out;
  };
  softmaxKernel(x, out, layout, 1, 0);
  note("softmax", out);
  softmaxKernel(x, out, layout, 0.3, Number.NaN);
  note("softmax with a temperature", out);
  softmaxKernel(inPlace(x), out, layout, 1, Number.NaN);
  note("softmax in place", out);
  logSoftmaxKernel(x, out, layout, 1, Number.NaN);
  note("logSoftmax", out);
  softmaxBackwardKernel(g, p, out, layout);
  note("softmaxBackward", out);
  softmaxBackwardKernel(inPlace(g), p, out, layout);
  note("softmaxBackward in place", out);
  logSoftmaxBackwardKernel(g, inPlace(p), out, layout);
  note("logSoftmaxBackward in place", out);
  sparsemaxKernel(x, out, layout, 0.3, 0);
  note("sparsemax", out);
  sparsemaxKernel(inPlace(x), out, layout, 1, Number.NaN);
  note("sparsemax in place", out);
  sparsemaxBackwardKernel(inPlace(g), p, out, layout);
  note("sparsemaxBackward in place", out);
  const lse = new Float32Array(rows);
  logSumExpKernel(x, lse, layout);
  note("logSumExp", lse);
  const losses = new Float64Array(rows);
  const rowData = rowDataFor(size, losses);
  crossEntropyKernel(x, layout, rowData, undefined);
  note("crossEntropy", losses);
  crossEntropyKernel(x, layout, rowData, out);
  note("crossEntropy with its gradient", losses, out);
  crossEntropyKernel(inPlace(x), layout, rowData, out);
  note("crossEntropy in place", losses, out);
  for (const [name, soft] of Object.entries(softTargets(size, p))) {
    if (!softCrossEntropyKernel(x, layout, soft, rowData, undefined)) continue;
    note(`crossEntropy with ${name}`, losses);
    softCrossEntropyKernel(x, layout, soft, rowData, out);
    note(`crossEntropy with ${name} and its gradient`, losses, out);
    softCrossEntropyKernel(inPlace(x), layout, soft, rowData, out);
    note(`crossEntropy with ${name} in place`, losses, out);
  }
  // With the smaller one, some slopes are below the range of float32.
  for (const cap of [5, 0.18]) {
    const softcap = { cap, skipMasked: true };
    if (!softcapCrossEntropyKernel(x, layout, rowData, undefined, softcap)) continue;
    note(`crossEntropy with the softcap ${cap}`, losses);
    softcapCrossEntropyKernel(x, layout, rowData, out, softcap);
    note(`crossEntropy with the softcap ${cap} and its gradient`, losses, out);
    softcapCrossEntropyKernel(inPlace(x), layout, rowData, out, softcap);
    note(`crossEntropy with the softcap ${cap} in place`, losses, out);
  }
  return all;
}

/** Calls every function of elements, as `digests` does. */
export function elementDigests(length: number, make: Make): Record<string, string> {
  const { x, g } = inputsOf({ outer: length, size: 1, inner: 1 }, make);
  const all: Record<string, string> = {};
  const out = make(length);
  for (const [name, kernel] of Object.entries(unaryKernels)) {
    kernel(x, out, length);
    all[name] = digest([out]);
    out.set(x);
    kernel(out, out, length);
    all[`${name} in place`] = digest([out]);
  }
  logAddExpKernel(x, g, out, length);
  all.logAddExp = digest([out]);
  out.set(g);
  logAddExpKernel(x, out, out, length);
  all["logAddExp in place"] = digest([out]);
  return all;
}

interface Inputs {
  readonly x: Float32Array;
  readonly g: Float32Array;
  readonly p: Float32Array;
}

const knownInputs = new Map<string, Inputs>();

/** Returns logits with −∞ and NaN among them, upstream gradients, and probabilities. */
function inputsOf({ outer, size, inner }: Layout, make: Make): Inputs {
  const key = `${outer} ${size} ${inner}`;
  const known = knownInputs.get(key) ?? createInputs({ outer, size, inner });
  knownInputs.set(key, known);
  const copy = (array: Float32Array) => {
    const made = make(array.length);
    made.set(array);
    return made;
  };
  return { x: copy(known.x), g: copy(known.g), p: copy(known.p) };
}

function createInputs({ outer, size, inner }: Layout): Inputs {
  const length = outer * size * inner;
  const r = random(size + inner);
  const numbers = (low: number, high: number) =>
    Float32Array.from({ length }, () => low + (high - low) * r.uniform());
  const x = numbers(-8, 8);
  for (let i = 0; i < 100; i++) x[r.below(length)] = Number.NEGATIVE_INFINITY;
  x.fill(Number.NEGATIVE_INFINITY, 0, inner === 1 ? size : 0);
  x[length - 1] = Number.NaN;
  return { x, g: numbers(-2, 2), p: numbers(0, 1 / size) };
}

function rowDataFor(size: number, losses: Float64Array): RowData {
  return {
    load(first, count, targets, gradScale) {
      for (let i = 0; i < count; i++) {
        targets[i] = (first + i) % 7 === 0 ? -1 : (first + i) % size;
        gradScale[i] = 1 / (first + i + 1);
      }
    },
    store(first, count, values) {
      losses.set(values.subarray(0, count), first);
    },
  };
}

function softTargets(size: number, probabilities: Float32Array): Record<string, SoftTargets> {
  const weight = Float64Array.from({ length: size }, (_, j) => (j % 5) / 3);
  const rest = {
    probabilities: undefined,
    weight: undefined,
    labelSmoothing: 0,
    zLoss: 0,
    softcap: Number.POSITIVE_INFINITY,
    skipMasked: false,
  };
  return {
    "label smoothing": { ...rest, labelSmoothing: 0.1, zLoss: 1e-4 },
    "weights of float32": { ...rest, labelSmoothing: 0.1, weight: Float32Array.from(weight) },
    "probabilities and weights": { ...rest, probabilities, weight },
    "a softcap": { ...rest, softcap: 3, zLoss: 1e-4 },
    "a softcap, masked classes and probabilities": {
      ...rest,
      softcap: 3,
      skipMasked: true,
      labelSmoothing: 0.1,
      probabilities,
    },
  };
}

function digest(arrays: readonly (Float32Array | Float64Array)[]): string {
  const hash = createHash("sha1");
  for (const { buffer, byteOffset, byteLength } of arrays) {
    hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  }
  return hash.digest("hex");
}
