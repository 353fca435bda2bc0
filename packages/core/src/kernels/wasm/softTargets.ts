// The cross-entropy of soft targets in float32 on the compiled kernels.
import { type Layout, rowOffset } from "../../arrays/layout.ts";
import { losses as binary } from "../../generated/losses.ts";
import {
  classWeightsAddress,
  probabilitiesAddress,
  stagingAddress,
} from "../../generated/memoryMap.ts";
import { activeInstructionSet, registeredBackend, tryLink } from "../backend.ts";
import { bitwiseOr, bitwiseOrKernel } from "../bits.ts";
import { forEachBlock, stagedRowStride } from "../blocks.ts";
import type { SoftCrossEntropyKernel, SoftTargets } from "../interface.ts";
import { maxBlockRows, stagedChunkLength, stagingLength } from "../limits.ts";
import type { RowData } from "../rowData.ts";
import { type BitExports, linkBits } from "./bits.ts";
import { planBlocks } from "./blockPlan.ts";
import { slabsInPlace } from "./forward.ts";
import { isWithin, softGradScaleRange } from "./gradientFallback.ts";
import { type Instance, instanceOwning, linkExports, stagingInstance } from "./instance.ts";
import { addressOf } from "./kernelCall.ts";
import { isFloat32, isSupportedInput } from "./kernels.ts";

/** The exports for soft targets. Addresses are in bytes, sizes and strides in floats; q and out may be 0. */
interface Exports {
  areGradScalesWithin(least: number, most: number, rows: number): boolean;
  setCoefficients(scale: number, uniform: number, weights: number, zLoss: number): void;
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
  /** The kernel of the bitwise or of probabilities, where blocks are read by it. */
  readonly bitKernels: BitExports | undefined;
  /** The bitwise or of the probabilities of all blocks so far. */
  bits: number;
}

/** Computes a call if its arrays are of float32 and not tiny. Returns whether it did. */
export const softCrossEntropy: SoftCrossEntropyKernel = (x, layout, soft, rowData, out) => {
  const instructionSet = activeInstructionSet();
  const { probabilities } = soft;
  if (!instructionSet || !isSupportedInput(x, layout)) return false;
  if (out !== undefined && !isFloat32(out)) return false;
  if (probabilities !== undefined && !ArrayBuffer.isView(probabilities)) return false;
  if (!areCoefficientsSupported(soft, layout.size)) return false;
  // Copying converts the other element types.
  const q = probabilities as Float32Array | undefined;
  const canOwn =
    (q === undefined || isFloat32(q)) && (!soft.weight || layout.size <= stagingLength);
  const owner = canOwn ? instanceOwning(instructionSet, x, q, out) : undefined;
  const { receiveBits } = soft;
  const readsBits = q !== undefined && receiveBits !== undefined;
  // Blocks are read by both kernels where they are adjacent in memory.
  const readsBlocks = readsBits && canReadBlocks(q, layout);
  const linked = tryLink(instructionSet, () => {
    const instance = owner ?? stagingInstance(instructionSet);
    const bitKernels = readsBlocks ? linkBits(instance) : undefined;
    return { instance, kernels: linkExports<Exports>(instance, binary), bitKernels };
  });
  if (linked === undefined) return false;
  const { instance, kernels, bitKernels } = linked;
  if (out && !areGradScalesSupported(instance, kernels, layout, rowData)) return false;
  if (registeredBackend()?.softCrossEntropy?.(x, layout, soft, rowData, out)) return true;
  if (readsBits && !readsBlocks) receiveBits(isFloat32(q) ? bitwiseOrKernel(q) : -1);
  const call: Call = { instance, kernels, x, q, out, layout, soft, rowData, bitKernels, bits: 0 };
  setCoefficients(call);
  if (layout.size <= stagingLength) loadWeights(call, 0, layout.size);
  const inPlace = owner === undefined ? 0 : slabsInPlace(layout);
  runSlabs(call, 0, inPlace, true);
  runSlabs(call, inPlace, layout.outer, false);
  if (readsBlocks) receiveBits?.(call.bits);
  return true;
};

/** Returns whether all blocks of probabilities are adjacent floats that fit into the staging buffer. */
function canReadBlocks(q: Float32Array, { size, inner }: Layout): boolean {
  return isFloat32(q) && inner === 1 && size <= stagingLength;
}

/** Adds the bits of a block to those of the call. */
function readBits(call: Call, offset: number, length: number, inPlace: boolean): void {
  const { bitKernels, q } = call;
  if (bitKernels === undefined || q === undefined) return;
  const whole = length & ~3;
  const address = inPlace ? addressOf(q, offset, true) : probabilitiesAddress;
  call.bits |= bitKernels.bitwiseOr(address, whole);
  if (whole < length) call.bits |= bitwiseOr(q.subarray(offset + whole, offset + length));
}

/** The range of weights and of label smoothing that kernels compute with in float32. */
const minCoefficient = 2 ** -40;
const maxCoefficient = 2 ** 20;

/** Returns whether weights and label smoothing keep their digits in float32, and so do their products. */
function areCoefficientsSupported(
  { weight, labelSmoothing }: SoftTargets,
  classes: number,
): boolean {
  if (!isSupportedCoefficient(labelSmoothing / classes)) return false;
  // `every` takes five times as long.
  for (let j = 0; weight !== undefined && j < weight.length; j++) {
    if (!isSupportedCoefficient(weight[j])) return false;
  }
  return true;
}

function isSupportedCoefficient(value: number): boolean {
  return value === 0 || (value >= minCoefficient && value <= maxCoefficient);
}

/** Returns whether the kernels compute right gradients for every upstream gradient. */
function areGradScalesSupported(
  { targets, gradScale }: Instance,
  kernels: Exports,
  layout: Layout,
  rowData: RowData,
): boolean {
  const range = softGradScaleRange(layout.size);
  const { constantGradScale } = rowData;
  if (constantGradScale !== undefined) return isWithin(range, constantGradScale);
  const rows = layout.outer * layout.inner;
  for (let first = 0; first < rows; first += maxBlockRows) {
    const count = Math.min(maxBlockRows, rows - first);
    rowData.load(first, count, targets, gradScale);
    if (kernels.areGradScalesWithin(range.least, range.most, count)) continue;
    for (let i = 0; i < count; i++) {
      if (targets[i] >= 0 && !isWithin(range, gradScale[i])) return false;
    }
  }
  return true;
}

/** Sets the coefficients wⱼ · ((1 − ε) · qⱼ + ε / C). */
function setCoefficients({ kernels, layout, soft }: Call): void {
  const { weight, labelSmoothing, zLoss, probabilities } = soft;
  const scale = probabilities === undefined ? 0 : 1 - labelSmoothing;
  const weights = weight === undefined ? 0 : classWeightsAddress;
  kernels.setCoefficients(scale, labelSmoothing / layout.size, weights, zLoss);
}

/** Loads the weights of the classes from `first` to `end`. */
function loadWeights({ instance, soft }: Call, first: number, end: number): void {
  if (soft.weight) instance.classWeights.set(soft.weight.subarray(first, end));
}

/** Computes the slabs from `firstSlab` to `endSlab`. */
function runSlabs(call: Call, firstSlab: number, endSlab: number, inPlace: boolean): void {
  const { instance, kernels, x, q, out, layout, rowData } = call;
  const { size, inner } = layout;
  if (!inPlace && size > stagingLength) {
    for (let row = firstSlab; row < endSlab; row++) longRow(call, row);
    return;
  }
  // Blocks that two kernels read are so short that they stay in the second cache.
  const room = call.bitKernels ? stagedChunkLength : undefined;
  const { columnwise, isShort, load, store, maxRows } = planBlocks(layout, inPlace, room);
  const compute = isShort ? kernels.shortSoftRows : kernels.contiguousSoftRows;
  forEachBlock(layout, firstSlab, endSlab, maxRows, (block) => {
    const { slabs, columns, firstRow, offset } = block;
    const count = slabs * columns;
    if (!inPlace) {
      load(x, instance.staging, layout, block);
      if (q !== undefined) load(q, instance.stagedProbabilities, layout, block);
    }
    readBits(call, offset, count * size, inPlace);
    const source = addressOf(x, offset, inPlace);
    const target = addressOf(out, offset, inPlace);
    const probabilities = q && !inPlace ? probabilitiesAddress : addressOf(q, offset, inPlace);
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
function loadRows({ instance, layout, soft, rowData }: Call, first: number, count: number) {
  const { targets, gradScale, targetCoefficients } = instance;
  const { probabilities, weight, labelSmoothing } = soft;
  rowData.load(first, count, targets, gradScale);
  // The last four may hold rows past the end, which have no target.
  targets.fill(-1, count, count + 4);
  if (probabilities !== undefined) {
    // Targets are 0 and −1 here.
    targetCoefficients.fill(0, 0, count);
    return;
  }
  if (weight === undefined) targetCoefficients.fill(1 - labelSmoothing, 0, count);
  else {
    for (let i = 0; i < count; i++) {
      // An ignored row has any coefficient: a branch would be mispredicted where such rows are here and there.
      targetCoefficients[i] = (1 - labelSmoothing) * weight[Math.max(0, targets[i])];
    }
  }
  for (let i = 0; i < count; i++) {
    if (targets[i] < layout.size) continue;
    // A target that has changed since it was checked makes its row NaN, and nothing is written elsewhere.
    targets[i] = 0;
    targetCoefficients[i] = Number.NaN;
  }
}

/**
 * Computes a row that is longer than the staging buffer: its pieces pass through the buffer
 * once for the maximum, once for the sums, and once for the gradient.
 */
function longRow(call: Call, row: number): void {
  const { instance, kernels, x, q, out, layout, rowData } = call;
  const { staging, stagedProbabilities, targets, values } = instance;
  const start = rowOffset(row, layout);
  const target = out === undefined ? 0 : stagingAddress;
  const probabilities = q === undefined ? 0 : probabilitiesAddress;
  loadRows(call, row, 1);
  const targetLogit = x[start + Math.max(0, targets[0])];
  let max = Number.NEGATIVE_INFINITY;
  let maxPiece = 0;
  let sumExpExcludingMax = 0;
  for (let first = 0; first < layout.size; first += stagingLength) {
    const end = Math.min(layout.size, first + stagingLength);
    staging.set(x.subarray(start + first, start + end));
    const pieceMax = kernels.rowMax(stagingAddress, end - first);
    if (pieceMax > max) {
      max = pieceMax;
      maxPiece = first;
    }
  }
  const forEachPiece = (
    from: Float32Array,
    compute: (size: number, first: number, containsMax: boolean) => void,
  ) => {
    for (let first = 0; first < layout.size; first += stagingLength) {
      const end = Math.min(layout.size, first + stagingLength);
      staging.set(from.subarray(start + first, start + end));
      if (q !== undefined) stagedProbabilities.set(q.subarray(start + first, start + end));
      loadWeights(call, first, end);
      compute(end - first, first, first === maxPiece);
      out?.set(staging.subarray(0, end - first), start + first);
    }
  };
  kernels.clearCoefficients();
  forEachPiece(x, (size, _, containsMax) => {
    kernels.addCoefficients(stagingAddress, probabilities, size, max);
    // Finds the maximum's position in this piece again.
    if (containsMax) kernels.rowMax(stagingAddress, size);
    sumExpExcludingMax += kernels.sumExpMinusMax(stagingAddress, target, size, max, containsMax);
  });
  const state = kernels.finalizeSoftRow(0, max, sumExpExcludingMax, targetLogit);
  if (out !== undefined) {
    forEachPiece(out, (size, first, containsMax) => {
      kernels.storeSoftGradient(stagingAddress, probabilities, size, first, containsMax, 0, state);
    });
  }
  rowData.store(row, 1, values);
}
