import { probabilitiesAddress, stagingAddress } from "../../generated/memoryMap.ts";
import { softcap as binary } from "../../generated/softcap.ts";
import type { Softcap } from "../interface.ts";
import { maxCappedLogit } from "../limits.ts";
import { type Instance, linkExports } from "./instance.ts";

/** The exports of the module. Addresses are in bytes; counts are multiples of eight floats. */
interface Exports {
  setSoftcap(cap: number, maxLogit: number, keepsMasked: boolean): void;
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
}

/** Links the kernels of a softcap to an instance. */
export function linkSoftcap(
  instance: Instance,
  { cap, keepsMasked }: Softcap,
  hasGradient: boolean,
): StagedSoftcap {
  const kernels = linkExports<Exports>(instance, binary);
  kernels.setSoftcap(cap, maxCappedLogit(cap), keepsMasked);
  const [logits, slopes] = [stagingAddress, probabilitiesAddress];
  let rowSlopes: Float32Array | undefined;
  const roundUp = (count: number) => (count + 7) & ~7;
  /** Replaces what earlier calls have left behind the logits. */
  const clearTail = (count: number) => instance.staging.fill(0, count, roundUp(count));
  return {
    slopes: instance.stagedProbabilities,
    slopesOfRow(size) {
      rowSlopes ??= new Float32Array(size);
      return rowSlopes;
    },
    cap(count) {
      clearTail(count);
      if (hasGradient) return kernels.softcapSlopes(logits, slopes, roundUp(count)) !== 0;
      kernels.softcap(logits, roundUp(count));
      return false;
    },
    scaleBySlopes: (count) => kernels.scaleBySlopes(logits, slopes, roundUp(count)),
  };
}
