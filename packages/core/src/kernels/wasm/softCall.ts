// One call of the cross-entropy of soft targets, and what its blocks and long rows share.
import type { Layout } from "../../arrays/layout.ts";
import type { RowData } from "../rowData.ts";
import type { SoftTargets } from "../softInterface.ts";
import type { BitExports } from "./bits.ts";
import type { Instance } from "./instance.ts";
import type { StagedSoftcap } from "./softcap.ts";

/** The exports for soft targets. Addresses are in bytes, sizes and strides in floats; q and out may be 0. */
export interface SoftExports {
  areGradScalesWithin(least: number, most: number, rows: number): boolean;
  setCoefficients(scale: number, uniform: number, weights: number, zLoss: number): void;
  setSpreading(kind: number, labelSmoothing: number): void;
  contiguousSoftRows(x: number, q: number, out: number, rows: number, size: number): void;
  shortSoftRows: SoftExports["contiguousSoftRows"];
  stridedSoftRows(
    x: number,
    q: number,
    out: number,
    outer: number,
    size: number,
    inner: number,
    stride: number,
  ): void;
  // The steps of one row, for a row in pieces.
  rowMax(x: number, size: number): number;
  clearCoefficients(): void;
  addCoefficients(x: number, q: number, size: number, max: number): void;
  sumExpMinusMax(x: number, out: number, size: number, max: number, excludesMax: boolean): number;
  finalizeSoftRow(
    row: number,
    max: number,
    sumExpExcludingMax: number,
    targetLogit: number,
  ): number;
  storeSoftGradient(
    out: number,
    q: number,
    size: number,
    firstIndex: number,
    containsMax: boolean,
    row: number,
    state: number,
  ): void;
}

/** A call with soft targets, and the instance that computes it. */
export interface SoftOperands {
  readonly instance: Instance;
  readonly x: Float32Array;
  /** Class probabilities; of any element type where they are staged. */
  readonly q: Float32Array | undefined;
  readonly out: Float32Array | undefined;
  readonly layout: Layout;
  readonly soft: SoftTargets;
  readonly rowData: RowData;
}

/** A call of the cross-entropy, and the kernels that compute it. */
export interface SoftCall extends SoftOperands {
  readonly kernels: SoftExports;
  /** Caps the logits in the staging buffer, if there is a softcap. */
  readonly capping: StagedSoftcap | undefined;
  /** The kernel of the bitwise or of probabilities, where blocks are read by it. */
  readonly bitKernels: BitExports | undefined;
  /** The bitwise or of the probabilities of all blocks so far. */
  bits: number;
}

/** Returns whether the coefficients of a row depend on which of its classes are masked. */
export function spreadsCoefficients({
  skipMasked,
  labelSmoothing,
  probabilities,
}: SoftTargets): boolean {
  return skipMasked && (labelSmoothing > 0 || probabilities !== undefined);
}

/** Returns whether the kernels read probabilities: those of the call, or what takes their place. */
export function stagesProbabilities(soft: SoftTargets): boolean {
  return soft.probabilities !== undefined || spreadsCoefficients(soft);
}

/** What the kernels spread over the unmasked classes; see `assembly/spreadCoefficients.ts`. */
const spreading = { none: 0, indices: 1, probabilities: 2 };

/** Sets the coefficients wⱼ · ((1 − ε) · qⱼ + ε / C), or tells the kernels to compute those of each row. */
export function setCoefficients({ instance, kernels, layout, soft }: SoftCall): void {
  const { weight, labelSmoothing, zLoss, probabilities } = soft;
  const weights = weight === undefined ? 0 : instance.classWeights.byteOffset;
  if (spreadsCoefficients(soft)) {
    kernels.setSpreading(
      probabilities ? spreading.probabilities : spreading.indices,
      labelSmoothing,
    );
    kernels.setCoefficients(1, 0, weights, zLoss);
    return;
  }
  kernels.setSpreading(spreading.none, 0);
  const scale = probabilities === undefined ? 0 : 1 - labelSmoothing;
  kernels.setCoefficients(scale, labelSmoothing / layout.size, weights, zLoss);
}

/** Loads the weights of the classes from `first` to `end`. */
export function loadWeights({ instance, soft }: SoftCall, first: number, end: number): void {
  if (soft.weight) instance.classWeights.set(soft.weight.subarray(first, end));
}

/** Loads the data of some rows, and the further coefficients (1 − ε) · wₜ of their target classes. */
export function loadRows(
  { instance, layout, soft, rowData }: SoftCall,
  first: number,
  count: number,
) {
  const { targets, gradScale, targetCoefficients } = instance;
  const { weight, labelSmoothing } = soft;
  rowData.load(first, count, targets, gradScale);
  // The last four may hold rows past the end, which have no target.
  targets.fill(-1, count, count + 4);
  if (stagesProbabilities(soft)) targetCoefficients.fill(0, 0, count);
  else if (weight === undefined) targetCoefficients.fill(1 - labelSmoothing, 0, count);
  else {
    for (let i = 0; i < count; i++) {
      // An ignored row has any coefficient: a branch would be mispredicted where such rows are here and there.
      targetCoefficients[i] = (1 - labelSmoothing) * weight[Math.max(0, targets[i])];
    }
  }
  if (soft.probabilities !== undefined) return;
  for (let i = 0; i < count; i++) {
    if (targets[i] < layout.size) continue;
    // A target that has changed since it was checked makes its row NaN, and nothing is written elsewhere.
    targets[i] = 0;
    targetCoefficients[i] = Number.NaN;
  }
}
