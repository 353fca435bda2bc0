import { type Layout, layoutOf, type NumberView, resolveAxis } from "@surprisal/core/authoring";
import type { ParsedOverlapOptions } from "./overlapOptions.ts";

/** The parts of an input whose positions are measured together. */
export interface Regions {
  /** The class axis, counted from the front. */
  readonly axis: number;
  /** The rows of this layout are the positions, with one element per class. */
  readonly layout: Layout;
  /** The shape of the losses: [examples, classes] or [classes]. */
  readonly shape: readonly number[];
  /** The number of positions that are measured together. The positions of an example are adjacent. */
  readonly positions: number;
}

/** Returns the regions of an input. Its first axis is that of the examples, unless it is the class axis. */
export function regionsOf(
  functionName: string,
  { shape }: NumberView,
  { axis: axisOption, batch, activation }: ParsedOverlapOptions,
): Regions {
  if (shape.length === 0) {
    throw new RangeError(`${functionName}: input must have a class axis, got a number.`);
  }
  const axis = resolveAxis(functionName, axisOption, shape);
  const layout = layoutOf(shape, axis);
  if (activation === "softmax" && layout.size === 1) {
    throw new RangeError(
      `${functionName}: activation must be "sigmoid" or "none" for a single class, whose softmax is always 1.`,
    );
  }
  const isPerExample = !batch && axis > 0;
  const positions = layout.outer * layout.inner;
  return {
    axis,
    layout,
    shape: isPerExample ? [shape[0], layout.size] : [layout.size],
    positions: isPerExample ? positions / (shape[0] || 1) : positions,
  };
}

/** Returns whether all losses of a region have weight 0. `first` is the number of its first loss. */
export function isIgnoredRegion(
  sampleWeight: Float64Array | undefined,
  first: number,
  size: number,
): boolean {
  return sampleWeight?.subarray(first, first + size).every((weight) => weight === 0) ?? false;
}

/** The loss of a region, and its derivatives with respect to M and, with its sign changed, to I. */
export interface RegionLoss {
  readonly loss: number;
  readonly byMismatch: number;
  readonly byOverlap: number;
}

/** Returns the loss of a region with overlap I and mismatch M. */
export function lossOfRegion(overlap: number, mismatch: number, smooth: number): RegionLoss {
  const total = overlap + mismatch + smooth;
  // Nothing is there and nothing is predicted.
  if (total === 0) return { loss: 0, byMismatch: 0, byOverlap: 0 };
  const loss = mismatch / total;
  return { loss, byMismatch: (overlap + smooth) / total / total, byOverlap: loss / total };
}
