import { softcap as binary } from "../../generated/softcap.ts";
import { softcapRow } from "../js/rows.ts";
import { maxCappedLogit, maxSoftcap, minSoftcap } from "../limits.ts";
import { roundUp } from "../multiples.ts";
import type { Softcap } from "../softInterface.ts";
import { type Instance, linkExports } from "./instance.ts";

/** The exports of the module. Addresses are in bytes; counts are multiples of eight floats. */
interface Exports {
  setSoftcap(cap: number, maxLogit: number, skipMasked: boolean): void;
  softcap(x: number, count: number): void;
  softcapSlopes(x: number, slopes: number, count: number): number;
  scaleBySlopes(gradient: number, slopes: number, count: number): void;
}

/** Applies a softcap to the floats in the staging buffer. A count is rounded up to a multiple of eight. */
export interface StagedSoftcap {
  /** The derivatives of the logits that were capped last. */
  readonly slopes: Float32Array;
  /** Returns the array for the slopes of a row that is longer than the staging buffer: the same for all rows of a call. */
  slopesOfRow(size: number): Float32Array;
  /** Caps `count` logits. Returns whether there are gradients, and float32 cannot hold the slope of some logit. */
  cap(count: number): boolean;
  /** Multiplies `count` gradients by the slopes. */
  scaleBySlopes(count: number): void;
  /**
   * Does the same, but multiplies by a slope of float64 where float32 cannot hold it.
   *
   * @param loadLogits replaces the gradients by the logits, before they were capped.
   */
  scaleExactly(count: number, loadLogits: () => void): void;
}

/** Returns whether the kernels compute with a softcap. */
export function isSupportedSoftcap(cap: number): boolean {
  return cap >= minSoftcap && cap <= maxSoftcap;
}

/**
 * Links the kernels of a softcap to an instance.
 *
 * @param slopes the memory of the slopes: a region that the call does not use, with room for a block.
 */
export function linkSoftcap(
  instance: Instance,
  { cap, skipMasked }: Softcap,
  hasGradient: boolean,
  slopes = instance.stagedProbabilities,
): StagedSoftcap {
  const kernels = linkExports<Exports>(instance, binary);
  kernels.setSoftcap(cap, maxCappedLogit(cap), skipMasked);
  const logits = instance.staging.byteOffset;
  const slopesAddress = slopes.byteOffset;
  let rowSlopes: Float32Array | undefined;
  const whole = (count: number) => roundUp(count, 8);
  /** Replaces what earlier calls have left behind the logits. */
  const clearTail = (count: number) => instance.staging.fill(0, count, whole(count));
  return {
    slopes,
    slopesOfRow(size) {
      rowSlopes ??= new Float32Array(size);
      return rowSlopes;
    },
    cap(count) {
      clearTail(count);
      if (hasGradient) return kernels.softcapSlopes(logits, slopesAddress, whole(count)) !== 0;
      kernels.softcap(logits, whole(count));
      return false;
    },
    scaleBySlopes: (count) => kernels.scaleBySlopes(logits, slopesAddress, whole(count)),
    scaleExactly(count, loadLogits) {
      const staged = instance.staging.subarray(0, count);
      const gradients = staged.slice();
      kernels.scaleBySlopes(logits, slopesAddress, whole(count));
      const scaled = staged.slice();
      loadLogits();
      const exactSlopes = new Float64Array(count);
      softcapRow(Float64Array.from(staged), cap, skipMasked, exactSlopes);
      scaleRow(gradients, exactSlopes);
      // All other gradients have the same bits in any company.
      const largest = maxCappedLogit(cap);
      for (let i = 0; i < count; i++) {
        staged[i] = Math.abs(staged[i]) > largest ? gradients[i] : scaled[i];
      }
    },
  };
}

/** Multiplies gradients by slopes. 0 stays 0 beside every slope: that of a NaN in an ignored row is NaN. */
export function scaleRow(gradients: Float32Array, slopes: Float64Array): void {
  for (let i = 0; i < gradients.length; i++) if (gradients[i] !== 0) gradients[i] *= slopes[i];
}
