// The cross-entropy of soft targets in float32 on the compiled kernels.
import { type Layout, rowOffset } from "../../arrays/layout.ts";
import {
  rowCapacity,
  stagingAddress,
  stagingLength,
  targetCoefficientsAddress,
} from "../../generated/memoryMap.ts";
import { softTargets as binary } from "../../generated/softTargets.ts";
import { activeInstructionSet } from "../backend.ts";
import {
  copyIn,
  copyOut,
  forEachBlock,
  isColumnwise,
  packRows,
  stagedRowStride,
  unpackRows,
} from "../blocks.ts";
import type { SoftCrossEntropyKernel, SoftTargets } from "../interface.ts";
import { maxBlockRows, shortRowLength } from "../limits.ts";
import type { RowData } from "../rowData.ts";
import { slabsInPlace } from "./forward.ts";
import { type Instance, instanceOwning, linkExports, stagingInstance } from "./instance.ts";
import { addressOf } from "./kernelCall.ts";
import { isFloat32, isSupportedInput } from "./kernels.ts";

/** The exports of the module. Addresses are in bytes, sizes and strides in floats; q and out may be 0. */
interface Exports {
  setCoefficients(scale: number, offset: number, zLoss: number): void;
  setClassCoefficients(scales: number, offsets: number, zLoss: number): void;
  contiguousSoftRows(x: number, q: number, out: number, rows: number, size: number): void;
  shortSoftRows: Exports["contiguousSoftRows"];
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
  finalizeSoftRow(row: number, max: number, sumExpExcludingMax: number, targetLogit: number): number;
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

/** The staging buffer holds logits, probabilities, and the scales and offsets of classes: a quarter each. */
const quarterLength = stagingLength / 4;
const [xAddress, qAddress, scalesAddress, offsetsAddress] = [0, 1, 2, 3].map(
  (quarter) => stagingAddress + 4 * quarter * quarterLength,
);

/** One call, and the kernels that compute it. */
interface Call {
  readonly instance: Instance;
  readonly kernels: Exports;
  readonly x: Float32Array;
  /** Class probabilities; of any element type where they are staged. */
  readonly q: Float32Array | undefined;
  readonly out: Float32Array | undefined;
  readonly layout: Layout;
  readonly soft: SoftTargets;
  readonly rowData: RowData;
  readonly targetCoefficients: Float64Array;
}

/** Computes a call if its arrays are of float32 and not tiny. Returns whether it did. */
export const softCrossEntropy: SoftCrossEntropyKernel = (x, layout, soft, rowData, out) => {
  const instructionSet = activeInstructionSet();
  const { probabilities } = soft;
  if (!instructionSet || !isSupportedInput(x, layout)) return false;
  if (out !== undefined && !isFloat32(out)) return false;
  if (probabilities !== undefined && !ArrayBuffer.isView(probabilities)) return false;
  // Copying converts the other element types.
  const q = probabilities as Float32Array | undefined;
  const needsPieces = layout.size > quarterLength;
  const canBeOwned = (q === undefined || isFloat32(q)) && !(needsPieces && soft.weight);
  const owner = canBeOwned ? instanceOwning(instructionSet, x, q, out) : undefined;
  const instance = owner ?? stagingInstance(instructionSet);
  const kernels = linkExports<Exports>(instance, binary);
  const { buffer } = instance.memory;
  const targetCoefficients = new Float64Array(buffer, targetCoefficientsAddress, rowCapacity);
  const call = { instance, kernels, x, q, out, layout, soft, rowData, targetCoefficients };
  if (!needsPieces || !soft.weight) setCoefficients(call, 0, layout.size);
  const inPlace = owner === undefined ? 0 : slabsInPlace(layout);
  runSlabs(call, 0, inPlace, true);
  runSlabs(call, inPlace, layout.outer, false);
  return true;
};

/** Sets the coefficients wⱼ · ((1 − ε) · qⱼ + ε / C) of the classes from `first` to `end`. */
function setCoefficients({ instance, kernels, layout, soft }: Call, first: number, end: number) {
  const { weight, labelSmoothing, zLoss, probabilities } = soft;
  const scale = probabilities === undefined ? 0 : 1 - labelSmoothing;
  const offset = labelSmoothing / layout.size;
  if (weight === undefined || (scale === 0 && offset === 0)) {
    kernels.setCoefficients(scale, offset, zLoss);
    return;
  }
  const { staging } = instance;
  for (let j = first, i = 2 * quarterLength; j < end; j++, i++) {
    staging[i] = weight[j] * scale;
    staging[i + quarterLength] = weight[j] * offset;
  }
  kernels.setClassCoefficients(scalesAddress, offsetsAddress, zLoss);
}

/** Computes the slabs from `firstSlab` to `endSlab`. */
function runSlabs(call: Call, firstSlab: number, endSlab: number, inPlace: boolean): void {
  const { instance, kernels, x, q, out, layout, rowData } = call;
  const { size, inner } = layout;
  if (!inPlace && size > quarterLength) {
    for (let row = firstSlab; row < endSlab; row++) longRow(call, row);
    return;
  }
  const second = instance.staging.subarray(quarterLength);
  const columnwise = isColumnwise(layout);
  const isShort = size < shortRowLength;
  const [load, store] = columnwise || inner === 1 ? [copyIn, copyOut] : [packRows, unpackRows];
  const compute = isShort ? kernels.shortSoftRows : kernels.contiguousSoftRows;
  const rowsThatFit = Math.max(1, Math.floor(quarterLength / size));
  const most = inPlace ? maxBlockRows : Math.min(maxBlockRows, rowsThatFit);
  // Side by side, rows are computed in sixteens.
  const maxRows = columnwise || isShort ? most & ~15 : most;
  forEachBlock(layout, firstSlab, endSlab, maxRows, (block) => {
    const { slabs, columns, firstRow, offset } = block;
    const count = slabs * columns;
    if (!inPlace) {
      load(x, instance.staging, layout, block);
      if (q !== undefined) load(q, second, layout, block);
    }
    const source = addressOf(x, offset, inPlace);
    const target = addressOf(out, offset, inPlace);
    const probabilities = q && !inPlace ? qAddress : addressOf(q, offset, inPlace);
    loadRows(call, firstRow, count);
    if (columnwise) {
      const stride = inPlace ? inner : stagedRowStride(layout, block);
      kernels.stridedSoftRows(source, probabilities, target, slabs, size, columns, stride);
    } else compute(source, probabilities, target, count, size);
    if (!inPlace && out !== undefined) store(out, instance.staging, layout, block);
    rowData.store(firstRow, count, instance.values);
  });
}

/** Loads the data of some rows, and the further coefficients (1 − ε) · wₜ of their target classes. */
function loadRows({ instance, soft, rowData, targetCoefficients }: Call, first: number, count: number) {
  const { targets, gradScale } = instance;
  const { probabilities, weight, labelSmoothing } = soft;
  rowData.load(first, count, targets, gradScale);
  // The last four may hold rows past the end, which have no target.
  targets.fill(-1, count, count + 4);
  if (probabilities !== undefined) targetCoefficients.fill(0, 0, count);
  else if (weight === undefined) targetCoefficients.fill(1 - labelSmoothing, 0, count);
  else {
    for (let i = 0; i < count; i++) {
      targetCoefficients[i] = targets[i] < 0 ? 0 : (1 - labelSmoothing) * weight[targets[i]];
    }
  }
}

/**
 * Computes a row that is longer than a quarter of the staging buffer: its pieces pass through the buffer
 * once for the maximum, once for the sums, and once for the gradient.
 */
function longRow(call: Call, row: number): void {
  const { instance, kernels, x, q, out, layout, soft, rowData } = call;
  const { staging, targets, values } = instance;
  const start = rowOffset(row, layout);
  const target = out === undefined ? 0 : xAddress;
  const probabilities = q === undefined ? 0 : qAddress;
  loadRows(call, row, 1);
  const targetLogit = x[start + Math.max(0, targets[0])];
  let max = Number.NEGATIVE_INFINITY;
  let maxPiece = 0;
  let sumExpExcludingMax = 0;
  for (let first = 0; first < layout.size; first += quarterLength) {
    const end = Math.min(layout.size, first + quarterLength);
    staging.set(x.subarray(start + first, start + end));
    const pieceMax = kernels.rowMax(xAddress, end - first);
    if (pieceMax > max) {
      max = pieceMax;
      maxPiece = first;
    }
  }
  const forEachPiece = (
    from: Float32Array,
    compute: (size: number, first: number, containsMax: boolean) => void,
  ) => {
    for (let first = 0; first < layout.size; first += quarterLength) {
      const end = Math.min(layout.size, first + quarterLength);
      staging.set(from.subarray(start + first, start + end));
      if (q !== undefined) staging.set(q.subarray(start + first, start + end), quarterLength);
      if (soft.weight) setCoefficients(call, first, end);
      compute(end - first, first, first === maxPiece);
      out?.set(staging.subarray(0, end - first), start + first);
    }
  };
  kernels.clearCoefficients();
  forEachPiece(x, (size, _, containsMax) => {
    kernels.addCoefficients(xAddress, probabilities, size, max);
    // Finds the maximum's position in this piece again.
    if (containsMax) kernels.rowMax(xAddress, size);
    sumExpExcludingMax += kernels.sumExpMinusMax(xAddress, target, size, max, containsMax);
  });
  const state = kernels.finalizeSoftRow(0, max, sumExpExcludingMax, targetLogit);
  if (out !== undefined) {
    forEachPiece(out, (size, first, containsMax) => {
      kernels.storeSoftGradient(xAddress, probabilities, size, first, containsMax, 0, state);
    });
  }
  rowData.store(row, 1, values);
}
