import type { Layout } from "../../arrays/layout.ts";
import type { RowData } from "../rowData.ts";
import { type Instance, type KernelBinary, linkExports } from "./instance.ts";
import type { StagedSoftcap } from "./softcap.ts";

/** The exports of the forward modules. Addresses are in bytes, sizes and strides in floats. */
export interface Exports {
  contiguousRows(x: number, out: number, rows: number, size: number, emptyValue: number): void;
  shortRows: Exports["contiguousRows"];
  stridedRows(
    x: number,
    out: number,
    outer: number,
    size: number,
    inner: number,
    stride: number,
    emptyValue: number,
  ): void;
  // The steps of one row, for a row in pieces.
  rowMax(x: number, size: number): number;
  sumExpMinusMax(x: number, out: number, size: number, max: number, excludesMax: boolean): number;
  storeRowResult(
    x: number,
    out: number,
    size: number,
    firstIndex: number,
    containsMax: boolean,
    row: number,
    max: number,
    sumExpExcludingMax: number,
    targetLogit: number,
    emptyValue: number,
  ): void;
  // The two steps of a function of the cross-entropy; see `composedRows.ts`. Only in the kernels of losses.
  longRowTerms?(x: number, terms: number, rows: number, size: number): void;
  longRowGradients?(terms: number, out: number, rows: number, size: number): void;
  shortRowTerms?: Exports["longRowTerms"];
  shortRowGradients?: Exports["longRowGradients"];
  stridedRowTerms?(
    x: number,
    terms: number,
    outer: number,
    size: number,
    inner: number,
    stride: number,
  ): void;
  stridedRowGradients?(
    terms: number,
    out: number,
    outer: number,
    size: number,
    inner: number,
    stride: number,
  ): void;
  /** Absent in the kernels of losses, which have no temperature. */
  setTemperature?(temperature: number): void;
  /** Sets the factor of the penalty zLoss · logSumExp² that is added to each value. Only in the kernels of losses. */
  setZLoss?(factor: number): void;
  /** Only in the kernels of losses. */
  areGradScalesWithin?(least: number, most: number, rows: number): boolean;
}

/** Computes gradients that are out of the kernels' range. */
export interface GradientFallback {
  /** The magnitudes of upstream gradients that the kernels support. */
  readonly gradScales: { readonly least: number; readonly most: number };
  /**
   * Computes the gradients of those loaded rows whose upstream gradient is out of range, and changes the upstream
   * gradients that the kernels see to 1. With `hasSmallSlopes`, also of those where a softcap has a slope that
   * float32 cannot hold.
   */
  compute(
    first: number,
    count: number,
    targets: Int32Array,
    gradScale: Float64Array,
    hasSmallSlopes: boolean,
  ): void;
  /** Writes the gradients of `compute`, times the factors of the rows from `first` on, over those of the kernels. */
  store(first: number, factors?: Float64Array): void;
}

/** One call of a forward kernel. */
export interface KernelCall {
  readonly binary: KernelBinary;
  readonly temperature: number;
  readonly x: Float32Array;
  readonly layout: Layout;
  /** The value that fills a row of only −∞. */
  readonly empty: number;
  readonly out: Float32Array | undefined;
  readonly rowData: RowData | undefined;
  /** The factor of the penalty zLoss · logSumExp² that is added to each cross-entropy. */
  readonly zLoss?: number;
  /** Takes over the gradients of those loaded rows that are out of the kernels' range. */
  readonly gradientFallback?: GradientFallback;
  /** Links what caps the logits. Only a bundle that caps some has its kernels. */
  readonly linkSoftcap?: (instance: Instance) => StagedSoftcap;
}

/**
 * Loads the targets and upstream gradients of `count` rows, and the factor of the penalty. The factor is set for each
 * block, because storing the last block may have computed another loss.
 *
 * @param hasSmallSlopes whether a softcap has a slope that float32 cannot hold in one of the rows.
 */
export function loadRowData(
  { targets, gradScale }: Instance,
  kernels: Exports,
  { rowData, zLoss = 0, gradientFallback: fallback }: KernelCall,
  first: number,
  count: number,
  hasSmallSlopes = false,
): void {
  kernels.setZLoss?.(zLoss);
  rowData?.load(first, count, targets, gradScale);
  if (fallback === undefined) return;
  const { least, most } = fallback.gradScales;
  const areWithin = kernels.areGradScalesWithin?.(least, most, count);
  if (hasSmallSlopes || !areWithin) {
    fallback.compute(first, count, targets, gradScale, hasSmallSlopes);
  }
}

/** Stores the values of `count` rows, once their outputs are stored. */
export function storeRowData(
  { values }: Instance,
  { rowData, gradientFallback }: KernelCall,
  first: number,
  count: number,
): void {
  gradientFallback?.store(first);
  rowData?.store(first, count, values);
}

/** Returns the kernels of a call, set to its temperature. */
export function linkKernels(instance: Instance, { binary, temperature }: KernelCall): Exports {
  const exports = linkExports<Exports>(instance, binary);
  exports.setTemperature?.(temperature);
  return exports;
}

/** Returns the address of an array's element `offset`, or of the staging buffer; 0 for no array. */
export function addressOf(
  { staging }: Instance,
  array: Float32Array | undefined,
  offset: number,
  inPlace: boolean,
): number {
  if (array === undefined) return 0;
  return inPlace ? array.byteOffset + 4 * offset : staging.byteOffset;
}
