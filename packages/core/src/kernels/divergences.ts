// Divergences of the distributions of rows of float32 logits, in WebAssembly.
//
// All that can cancel is computed in float64. Results are therefore at most 8 ulp of float32 off, also where the
// distributions are nearly equal. The functions return whether they computed the call: not for few logits, or without
// WebAssembly.
import { jensenShannon } from "../generated/jensenShannon.ts";
import { kullbackLeibler } from "../generated/kullbackLeibler.ts";
import type { KernelArray } from "../types.ts";
import { copyNumbers } from "./backend.ts";
import { minWasmLength } from "./limits.ts";
import {
  type DistributionKernels,
  forEachDistributions,
  type LogitPairs,
  linkDistributions,
  lossOf,
  type Piece,
  type RowBlock,
  type Side,
} from "./wasm/distributions.ts";
import type { KernelBinary } from "./wasm/instance.ts";

export type { LogitPairs } from "./wasm/distributions.ts";

interface KullbackLeiblerKernels extends DistributionKernels {
  kullbackLeibler(...numbers: readonly number[]): void;
}

/** Where the gradient with respect to the logits `y` goes. */
export interface ScaledGradient {
  readonly out: Float32Array;
  /** The factor of each row's gradient. */
  readonly scales: Float64Array;
  /** Whether the gradient is added to what `out` holds. */
  readonly isAdded: boolean;
}

/** Beyond these temperatures, products with their inverses leave the range of float64. */
const minTemperature = 2 ** -64;
const maxTemperature = 2 ** 64;

/**
 * Adds weight · KL(p ‖ q) of each row to its loss, for p = softmax(x / temperature) and q = softmax(y / temperature). Its
 * derivatives with respect to y are weight / temperature · (q − p), times the scale of each row.
 */
export function kullbackLeiblerKernel(
  pairs: LogitPairs,
  temperature: number,
  weight: number,
  losses: Float64Array,
  gradient?: ScaledGradient,
): boolean {
  if (!(temperature >= minTemperature && temperature <= maxTemperature)) return false;
  const linked = linkPairs<KullbackLeiblerKernels>(kullbackLeibler, pairs);
  if (linked === undefined) return false;
  const { kernels, workspace } = linked;
  const { x, y, scales } = workspace;
  const factor = 1 / temperature;
  forEachDistributions(kernels, workspace, pairs, factor, ({ first, rows, pieces, load }) => {
    for (let r = 0; gradient && r < rows; r++) {
      scales[r] = (weight / temperature) * gradient.scales[first + r];
    }
    for (const piece of pieces) {
      load(piece);
      kernels.kullbackLeibler(
        x.logits.byteOffset,
        y.logits.byteOffset,
        x.exponentials.byteOffset,
        y.exponentials.byteOffset,
        piece.rows,
        piece.size,
        factor,
        x.stats.byteOffset,
        y.stats.byteOffset,
        gradient ? y.gradient.byteOffset : 0,
        scales.byteOffset,
      );
      if (gradient === undefined) continue;
      const { rows: count, size, start } = piece;
      if (gradient.isAdded) addTo(gradient.out, start, y.gradient, count * size);
      else store(gradient.out, start, y.gradient, count * size);
    }
    for (let r = 0; r < rows; r++) losses[first + r] += weight * lossOf(workspace, r);
  });
  return true;
}

function store(out: KernelArray, start: number, values: Float32Array, count: number): void {
  copyNumbers(out.subarray(start, start + count), values.subarray(0, count));
}

function addTo(out: Float32Array, start: number, added: Float32Array, count: number): void {
  for (let k = 0; k < count; k++) out[start + k] += added[k];
}

/** A pass over the exponentials and ratios of rows. */
type RatioPass = (
  exps: number,
  ratios: number,
  rows: number,
  size: number,
  stats: number,
  out?: number,
) => void;

interface JensenShannonKernels extends DistributionKernels {
  jensenShannon(...numbers: readonly number[]): void;
  readonly addReferences: RatioPass;
  readonly addExcesses: RatioPass;
  readonly gradients: RatioPass;
}

/**
 * Computes the Jensen–Shannon divergence of softmax(x) and softmax(y) of each row, and its derivatives with respect to x
 * and y, where there are arrays for them.
 */
export function jensenShannonKernel(
  pairs: LogitPairs,
  losses: KernelArray,
  gradientX?: KernelArray,
  gradientY?: KernelArray,
): boolean {
  const linked = linkPairs<JensenShannonKernels>(jensenShannon, pairs);
  if (linked === undefined) return false;
  const { kernels, workspace } = linked;
  const { x, y } = workspace;
  const sides = [
    [x, gradientX],
    [y, gradientY],
  ] as const;
  const wanted = sides.filter((side): side is [Side, KernelArray] => side[1] !== undefined);
  const hasGradient = wanted.length > 0;
  const visit = ({ first, rows, pieces, load, keepRatios }: RowBlock) => {
    const run = (pass: RatioPass, piece: Piece, { exponentials, ratios, stats, gradient }: Side) =>
      pass(
        exponentials.byteOffset,
        ratios.byteOffset,
        piece.rows,
        piece.size,
        stats.byteOffset,
        gradient.byteOffset,
      );
    for (const piece of pieces) {
      load(piece);
      kernels.jensenShannon(
        x.logits.byteOffset,
        y.logits.byteOffset,
        x.exponentials.byteOffset,
        y.exponentials.byteOffset,
        piece.rows,
        piece.size,
        x.stats.byteOffset,
        y.stats.byteOffset,
        hasGradient ? x.ratios.byteOffset : 0,
        hasGradient ? y.ratios.byteOffset : 0,
      );
      if (!hasGradient) continue;
      keepRatios(piece);
      for (const [side] of wanted) run(kernels.addReferences, piece, side);
    }
    for (let r = 0; r < rows; r++) losses[first + r] = lossOf(workspace, r);
    if (!hasGradient) return;
    for (const piece of pieces) {
      load(piece);
      for (const [side] of wanted) run(kernels.addExcesses, piece, side);
    }
    for (const piece of pieces) {
      load(piece);
      for (const [side, out] of wanted) {
        run(kernels.gradients, piece, side);
        store(out, piece.start, side.gradient, piece.rows * piece.size);
      }
    }
  };
  forEachDistributions(kernels, workspace, pairs, 1, visit);
  return true;
}

/** Returns the kernels and where they compute; undefined for few logits, or without WebAssembly. */
function linkPairs<Kernels>(binary: KernelBinary, { rows, size }: LogitPairs) {
  return rows * size < minWasmLength ? undefined : linkDistributions<Kernels>(binary);
}
