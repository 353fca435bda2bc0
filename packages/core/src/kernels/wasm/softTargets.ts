// The cross-entropy of soft targets in float32 on the compiled kernels.
import type { Layout } from "../../arrays/layout.ts";
import { losses as binary } from "../../generated/losses.ts";
import { activeInstructionSet, registeredBackend, tryLink } from "../backend.ts";
import { bitwiseOr, bitwiseOrKernel } from "../bits.ts";
import { forEachBlock, stagedRowStride } from "../blocks.ts";
import { maxBlockRows, stagedChunkLength, stagingLength } from "../limits.ts";
import type { RowData } from "../rowData.ts";
import type { SoftCrossEntropyKernel, SoftTargets } from "../softInterface.ts";
import { linkBits } from "./bits.ts";
import { planBlocks } from "./blockPlan.ts";
import { stageExactShares } from "./exactShares.ts";
import { runForward, slabsInPlace } from "./forward.ts";
import { isWithin, softGradScaleRange } from "./gradientFallback.ts";
import { type Instance, instanceOwning, linkExports, stagingInstance } from "./instance.ts";
import { addressOf } from "./kernelCall.ts";
import { isFloat32, isSupportedInput } from "./kernels.ts";
import {
  loadRows,
  loadWeights,
  type SoftCall,
  type SoftExports,
  setCoefficients,
  spreadsCoefficients,
  stagesProbabilities,
} from "./softCall.ts";
import { isSupportedSoftcap, linkSoftcap, type StagedSoftcap } from "./softcap.ts";
import { softLongRow } from "./softLongRow.ts";

/** Computes a call if its arrays are of float32 and not tiny. Returns whether it did. */
export const softCrossEntropy: SoftCrossEntropyKernel = (x, layout, soft, rowData, out) => {
  const instructionSet = activeInstructionSet();
  const { probabilities } = soft;
  if (!instructionSet || !isSupportedInput(x, layout)) return false;
  if (out !== undefined && !isFloat32(out)) return false;
  if (probabilities !== undefined && !ArrayBuffer.isView(probabilities)) return false;
  if (!areSupported(soft, layout.size)) return false;
  // Copying converts the other element types.
  const q = probabilities as Float32Array | undefined;
  // Logits are capped in the staging buffer, as they may not be written to. Coefficients are spread there, too.
  const canOwn =
    soft.softcap === Number.POSITIVE_INFINITY &&
    !spreadsCoefficients(soft) &&
    (q === undefined || isFloat32(q)) &&
    (!soft.weight || layout.size <= stagingLength);
  const owner = canOwn ? instanceOwning(instructionSet, x, q, out) : undefined;
  const { receiveBits } = soft;
  const readsBits = q !== undefined && receiveBits !== undefined;
  // Blocks are read by both kernels where they are adjacent in memory.
  const readsBlocks = readsBits && canReadBlocks(q, layout);
  const linked = tryLink(instructionSet, () => {
    const instance = owner ?? stagingInstance(instructionSet);
    return {
      instance,
      kernels: linkExports<SoftExports>(instance, binary),
      capping: linkCapping(instance, soft, layout.size, out !== undefined),
      bitKernels: readsBlocks ? linkBits(instance) : undefined,
    };
  });
  if (linked === undefined) return false;
  const { instance, kernels } = linked;
  if (out && !areGradScalesSupported(instance, kernels, layout, rowData)) return false;
  if (registeredBackend()?.softCrossEntropy?.(x, layout, soft, rowData, out)) return true;
  if (hasPlainIndices(soft)) {
    const { zLoss } = soft;
    return runForward(instructionSet, {
      binary,
      temperature: 1,
      empty: 0,
      x,
      layout,
      out,
      rowData,
      zLoss,
    });
  }
  if (readsBits && !readsBlocks) receiveBits(isFloat32(q) ? bitwiseOrKernel(q) : -1);
  const call: SoftCall = { ...linked, x, q, out, layout, soft, rowData, bits: 0 };
  setCoefficients(call);
  if (layout.size <= stagingLength) loadWeights(call, 0, layout.size);
  const inPlace = owner === undefined ? 0 : slabsInPlace(layout);
  runSlabs(call, 0, inPlace, true);
  runSlabs(call, inPlace, layout.outer, false);
  if (readsBlocks) receiveBits?.(call.bits);
  return true;
};

/** Returns whether the targets are class indices with a coefficient of 1, and the logits have no softcap. */
function hasPlainIndices({ probabilities, weight, labelSmoothing, softcap }: SoftTargets): boolean {
  const isPlain = labelSmoothing === 0 && softcap === Number.POSITIVE_INFINITY;
  return isPlain && probabilities === undefined && weight === undefined;
}

/** Returns whether kernels compute with these options for rows of this size. */
function areSupported(soft: SoftTargets, size: number): boolean {
  const fits = size <= stagingLength || !spreadsCoefficients(soft);
  const areInRange = soft.areInRange || areCoefficientsSupported(soft, size);
  return fits && areInRange && areInFloat32(soft.probabilities) && hasSupportedSoftcap(soft, size);
}

/** Float32 holds this, and the sums of so many of it as a row has classes, times the largest weight. */
const maxProbability = 2 ** 80;

/** Returns whether probabilities of float64 are in the range of the kernels, which get them in float32. */
function areInFloat32(probabilities: ArrayLike<number> | undefined): boolean {
  if (!(probabilities instanceof Float64Array)) return true;
  // `every` takes five times as long.
  for (let i = 0; i < probabilities.length; i++)
    if (probabilities[i] > maxProbability) return false;
  return true;
}

/** Returns whether kernels compute with the softcap, and the region of its slopes is free. */
function hasSupportedSoftcap(soft: SoftTargets, size: number): boolean {
  if (soft.softcap === Number.POSITIVE_INFINITY) return true;
  return (
    isSupportedSoftcap(soft.softcap) && (!stagesProbabilities(soft) || hasRoomForSlopes(soft, size))
  );
}

/** Returns whether there is room for the slopes of a block behind the class weights. */
function hasRoomForSlopes(soft: SoftTargets, size: number): boolean {
  const blockLength = Math.max(stagedChunkLength, Math.min(size, stagingLength));
  return weightsEnd(soft, size) + blockLength <= stagingLength;
}

/** Returns the memory of the slopes of a softcap: the region of the probabilities, or what the class weights leave of theirs. */
function slopesOf(instance: Instance, soft: SoftTargets, size: number): Float32Array {
  if (!stagesProbabilities(soft)) return instance.stagedProbabilities;
  return instance.classWeights.subarray(weightsEnd(soft, size));
}

/** Returns how many floats the class weights take, to a multiple of eight. */
function weightsEnd({ weight }: SoftTargets, size: number): number {
  return weight === undefined ? 0 : (size + 7) & ~7;
}

/** Returns whether all blocks of probabilities are adjacent floats that fit into the staging buffer. */
function canReadBlocks(q: Float32Array, { size, inner }: Layout): boolean {
  return isFloat32(q) && inner === 1 && size <= stagingLength;
}

/** Adds the bits of a block to those of the call. */
function readBits(call: SoftCall, offset: number, length: number, inPlace: boolean): void {
  const { instance, bitKernels, q } = call;
  if (bitKernels === undefined || q === undefined) return;
  const whole = length & ~3;
  const address = inPlace
    ? addressOf(instance, q, offset, true)
    : instance.stagedProbabilities.byteOffset;
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
  kernels: SoftExports,
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

/** Links the kernels of a softcap, if there is one. */
function linkCapping(
  instance: Instance,
  soft: SoftTargets,
  size: number,
  hasGradient: boolean,
): StagedSoftcap | undefined {
  const { softcap: cap, skipMasked } = soft;
  if (cap === Number.POSITIVE_INFINITY) return undefined;
  return linkSoftcap(instance, { cap, skipMasked }, hasGradient, slopesOf(instance, soft, size));
}

/** Returns an array if it is of float64. */
function float64Of(array: ArrayLike<number> | undefined): Float64Array | undefined {
  return array instanceof Float64Array ? array : undefined;
}

/** Computes the slabs from `firstSlab` to `endSlab`. */
function runSlabs(call: SoftCall, firstSlab: number, endSlab: number, inPlace: boolean): void {
  const { instance, kernels, x, q, out, layout, soft, rowData, capping } = call;
  const { size, inner } = layout;
  if (!inPlace && size > stagingLength) {
    for (let row = firstSlab; row < endSlab; row++) softLongRow(call, row);
    return;
  }
  // Blocks that two kernels read are so short that they stay in the second cache.
  const room = call.bitKernels || capping ? stagedChunkLength / 4 : undefined;
  const { columnwise, isShort, load, store, maxRows } = planBlocks(layout, inPlace, room);
  const float64Shares = spreadsCoefficients(soft) ? float64Of(soft.probabilities) : undefined;
  const compute = isShort ? kernels.shortSoftRows : kernels.contiguousSoftRows;
  forEachBlock(layout, firstSlab, endSlab, maxRows, (block) => {
    const { slabs, columns, firstRow, offset } = block;
    const count = slabs * columns;
    const stride = inPlace ? inner : stagedRowStride(layout, block);
    const stagedLength = columnwise ? slabs * size * stride : count * size;
    const loadLogits = () => load(x, instance.staging, layout, block);
    if (!inPlace) {
      loadLogits();
      if (q !== undefined) load(q, instance.stagedProbabilities, layout, block);
    }
    readBits(call, offset, count * size, inPlace);
    const source = addressOf(instance, x, offset, inPlace);
    const target = addressOf(instance, out, offset, inPlace);
    const isStaged = !inPlace && stagesProbabilities(soft);
    const probabilities = isStaged
      ? instance.stagedProbabilities.byteOffset
      : addressOf(instance, q, offset, inPlace);
    loadRows(call, firstRow, count);
    if (float64Shares) {
      stageExactShares(
        call,
        float64Shares,
        firstRow,
        count,
        columnwise ? { columns, stride } : undefined,
      );
    }
    const hasSmallSlopes = capping?.cap(stagedLength);
    if (columnwise) {
      kernels.stridedSoftRows(source, probabilities, target, slabs, size, columns, stride);
    } else compute(source, probabilities, target, count, size);
    if (out !== undefined) {
      if (hasSmallSlopes) capping?.scaleExactly(stagedLength, loadLogits);
      else capping?.scaleBySlopes(stagedLength);
      if (!inPlace) store(out, instance.staging, layout, block);
    }
    rowData.store(firstRow, count, instance.values);
  });
}
