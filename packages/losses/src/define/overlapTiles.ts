// Overlap losses of float32 on the kernels, in tiles: some positions of one region, with a row for each class.
import {
  blockPool,
  copyNumbers,
  elementBlockLength,
  maxOverlapClasses,
  type OverlapTile,
  type OverlapWorkspace,
  overlapWorkspace,
  rowOffset,
  sigmoidKernel,
  softmaxKernel,
} from "@surprisal/core/authoring";
import type { BatchResults } from "./batchLoss.ts";
import type { OverlapBatch } from "./overlap.ts";
import { isIgnoredRegion, lossOfRegion } from "./overlapRegions.ts";

/** Regions of fewer positions are left to JavaScript: a call of the kernels costs more than it saves. */
const minPositions = 64;

/** Rows of the tensor that are shorter than this are gathered. */
const minColumns = 64;

/** Computes the losses and the gradient. Returns whether it did, and has written nothing if not. */
export function evaluateOnKernels(batch: OverlapBatch, results: BatchResults): boolean {
  const { input, target, targetData, regions } = batch;
  const gradient = results.gradients?.input;
  const isSupported =
    input instanceof Float32Array &&
    (gradient === undefined || gradient instanceof Float32Array) &&
    regions.positions >= minPositions &&
    regions.layout.size <= maxOverlapClasses &&
    (target.indices !== undefined || holdsFloat32(targetData));
  if (!isSupported) return false;
  const pool = blockPool("float32");
  const p = pool.acquire(elementBlockLength) as Float32Array;
  const complements = pool.acquire(elementBlockLength) as Float32Array;
  const workspace = overlapWorkspace(p, complements);
  if (workspace !== undefined) {
    evaluateRegions({ ...batch, input, gradient, workspace, p, complements, loaded: -1 }, results);
  }
  pool.release(p);
  pool.release(complements);
  return workspace !== undefined;
}

/** Returns whether float32 holds the shares of a target, which float64 may give with more digits. */
function holdsFloat32(data: ArrayLike<number>): boolean {
  return ArrayBuffer.isView(data) && !(data instanceof Float64Array);
}

/** A call that is computed in tiles. */
interface TiledBatch extends OverlapBatch {
  readonly input: Float32Array;
  readonly gradient: Float32Array | undefined;
  readonly workspace: OverlapWorkspace;
  /** The blocks of the tiles. */
  readonly p: Float32Array;
  readonly complements: Float32Array;
  /** The first position of the tile that they hold, −1 without one. */
  loaded: number;
}

/** Computes each region: its losses and then its gradient. */
function evaluateRegions(batch: TiledBatch, { losses, lossScale }: BatchResults): void {
  const { regions, sampleWeight, gradient, workspace } = batch;
  const { layout, positions } = regions;
  const { size } = layout;
  const sums = new Float64Array(3 * size);
  const slopes = new Float64Array(2 * size);
  for (let first = 0; first < losses.length; first += size) {
    const start = (first / size) * positions;
    if (isIgnoredRegion(sampleWeight, first, size)) {
      gradient?.fill(0, start * size, (start + positions) * size);
      continue;
    }
    sums.fill(0);
    forEachTile(batch, start, (tile) => workspace.addOverlaps(tile, sums));
    computeRegionLosses(batch, sums, first, losses, lossScale, slopes);
    if (gradient === undefined) continue;
    forEachTile(batch, start, (tile, position, count) => {
      workspace.computeGradient(tile, slopes);
      batch.loaded = -1;
      storeTile(batch, tile, position, count, gradient);
    });
  }
}

/** Writes the losses of a region, and the two numbers of each class from which the kernel computes derivatives. */
function computeRegionLosses(
  { measure, options, sampleWeight }: TiledBatch,
  sums: Float64Array,
  first: number,
  losses: Float64Array,
  lossScale: Float64Array,
  slopes: Float64Array,
): void {
  const { overlap, falsePositive, falseNegative, squared } = measure;
  slopes.fill(0);
  for (let j = 0, i = first; 3 * j < sums.length; j++, i++) {
    if (sampleWeight?.[i] === 0) continue;
    const [truePositives, mismatches, falseNegatives] = sums.subarray(3 * j, 3 * j + 3);
    const mismatch = squared
      ? mismatches
      : falsePositive * mismatches + falseNegative * falseNegatives;
    const { loss, byMismatch, byOverlap } = lossOfRegion(
      overlap * truePositives,
      mismatch,
      options.smooth,
    );
    losses[i] = loss;
    slopes[2 * j] = lossScale[i] * byMismatch * (squared ? 1 : falsePositive);
    slopes[2 * j + 1] =
      lossScale[i] * (byOverlap * overlap + (squared ? 0 : byMismatch * falseNegative));
  }
}

/** Calls `visit` for the tiles of a region, with the index of the first position and the number of positions. */
function forEachTile(
  batch: TiledBatch,
  start: number,
  visit: (tile: OverlapTile, position: number, count: number) => void,
): void {
  const { regions, options, measure, target, p, complements } = batch;
  const { layout, positions } = regions;
  const { size, inner } = layout;
  const { activation } = options;
  const capacity = Math.floor(elementBlockLength / size) & ~3;
  const end = start + positions;
  for (let position = start; position < end; ) {
    const slabEnd = inner < minColumns ? end : position - (position % inner) + inner;
    const count = Math.min(capacity, end - position, slabEnd - position);
    const tile: OverlapTile = {
      size,
      columns: (count + 3) & ~3,
      p,
      complements: activation === "sigmoid" ? complements : undefined,
      isSoftmax: activation === "softmax",
      hasShares: target.indices === undefined,
      squared: measure.squared,
    };
    // The gradient of a region of one tile follows its losses.
    if (batch.loaded !== position) {
      loadTile(batch, batch.input, tile, position, count, p);
      computeProbabilities(tile);
      loadTarget(batch, tile, position, count);
      batch.loaded = position;
    }
    visit(tile, position, count);
    position += count;
  }
}

/** Copies positions of a tensor to the rows of a tile. */
function loadTile(
  { workspace, regions }: TiledBatch,
  data: Float32Array,
  tile: OverlapTile,
  position: number,
  count: number,
  to: Float32Array,
): void {
  const { layout } = regions;
  const { size, columns } = tile;
  const { inner } = layout;
  if (inner >= minColumns) {
    for (let j = 0, k = rowOffset(position, layout); j < size; j++, k += inner) {
      to.set(data.subarray(k, k + count), j * columns);
    }
    return;
  }
  const { positions } = workspace;
  if (inner === 1)
    copyNumbers(positions, data.subarray(position * size, (position + count) * size));
  else {
    for (let r = 0, k = 0; r < count; r++) {
      const start = rowOffset(position + r, layout);
      for (let j = 0; j < size; j++) positions[k++] = data[start + j * inner];
    }
  }
  workspace.fromPositions(tile, to);
}

/** Copies the rows of a tile to positions of a tensor. */
function storeTile(
  { workspace, regions }: TiledBatch,
  tile: OverlapTile,
  position: number,
  count: number,
  out: Float32Array,
): void {
  const { layout } = regions;
  const { size, columns, p } = tile;
  const { inner } = layout;
  if (inner >= minColumns) {
    for (let j = 0, k = rowOffset(position, layout); j < size; j++, k += inner) {
      out.set(p.subarray(j * columns, j * columns + count), k);
    }
    return;
  }
  workspace.toPositions(tile, p);
  const { positions } = workspace;
  if (inner === 1) {
    const rows = out.subarray(position * size, (position + count) * size);
    copyNumbers(rows, positions.subarray(0, count * size));
  } else {
    for (let r = 0, k = 0; r < count; r++) {
      const start = rowOffset(position + r, layout);
      for (let j = 0; j < size; j++) out[start + j * inner] = positions[k++];
    }
  }
}

/** Replaces the elements of a tile by their probabilities. */
function computeProbabilities({ size, columns, p, complements, isSoftmax }: OverlapTile): void {
  const count = size * columns;
  if (isSoftmax) {
    const rows = p.subarray(0, count);
    softmaxKernel(rows, rows, { outer: 1, size, inner: columns }, 1, Number.NaN);
  }
  if (complements === undefined) return;
  for (let k = 0; k < count; k++) complements[k] = -p[k];
  sigmoidKernel(complements, complements, count);
  sigmoidKernel(p, p, count);
}

/** Writes the labels of a tile, and its shares if the target has some. */
function loadTarget(batch: TiledBatch, tile: OverlapTile, position: number, count: number): void {
  const { target, targetData, workspace } = batch;
  const { labels, shares } = workspace;
  const { indices } = target;
  if (indices === undefined) {
    loadTile(batch, targetData as Float32Array, tile, position, count, shares);
    for (let r = 0; r < count; r++) {
      labels[r] = targetData[position + r] === target.ignoredShare ? -1 : 0;
    }
  } else labels.set(indices.subarray(position, position + count));
  labels.fill(-1, count, tile.columns);
}
