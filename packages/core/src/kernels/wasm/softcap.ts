import { probabilitiesAddress, stagingAddress } from "../../generated/memoryMap.ts";
import { softcap as binary } from "../../generated/softcap.ts";
import type { Softcap } from "../interface.ts";
import { maxCappedLogit } from "../limits.ts";
import { type Instance, linkExports } from "./instance.ts";

/** The exports of the module. Addresses are in bytes; counts are multiples of four floats. */
interface Exports {
  setSoftcap(cap: number, maxLogit: number, keepsMasked: boolean): void;
  softcap(x: number, count: number): void;
  softcapSlopes(x: number, slopes: number, count: number): number;
  scaleBySlopes(gradient: number, slopes: number, count: number): void;
}

/** Applies a softcap to the floats in the staging buffer. A count is rounded up to a multiple of four. */
export interface StagedSoftcap {
  /** The derivatives of the logits that were capped last. */
  readonly slopes: Float32Array;
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
  const roundUp = (count: number) => (count + 3) & ~3;
  return {
    slopes: instance.stagedProbabilities,
    cap(count) {
      if (hasGradient) return kernels.softcapSlopes(logits, slopes, roundUp(count)) !== 0;
      kernels.softcap(logits, roundUp(count));
      return false;
    },
    scaleBySlopes: (count) => kernels.scaleBySlopes(logits, slopes, roundUp(count)),
  };
}
