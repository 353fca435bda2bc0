import { ulpAt } from "@surprisal/testing";
import { address, compile, instantiate, stageSize } from "../src/kernels/instance.ts";

/** How far the exponential of a SIMD level is off, and for which float. */
export interface Worst {
  readonly ulp: number;
  readonly x: number;
  readonly count: number;
}

/** The bits of −0 and of −87.33654, below which results are no longer normal floats. */
const first = 0x80000000;
const last = 0xc2aeac4f;

/** Compares the exp kernel with float64 on every `stride`-th negative float32 whose result is normal. */
export function worstExp(level: "relaxed" | "simd", stride: number): Worst {
  const module = compile(level);
  if (module === undefined) throw new Error(`This runtime has no ${level} kernels.`);
  const { exports, stage } = instantiate(module, 4 * stageSize);
  const out = new Float32Array(stage.buffer, address.stage + 4 * stageSize, stageSize);
  const bits = new Uint32Array(stage.buffer, stage.byteOffset, stageSize);
  let worst: Worst = { ulp: 0, x: 0, count: 0 };
  let count = 0;
  for (let start = first; start <= last; start += stride * stageSize) {
    const size = Math.min(stageSize, Math.floor((last - start) / stride) + 1);
    for (let i = 0; i < size; i++) bits[i] = start + i * stride;
    exports.terms(address.stage, out.byteOffset, size, 0, 0);
    for (let i = 0; i < size; i++) {
      const exact = Math.exp(stage[i]);
      const ulp = Math.abs(out[i] - exact) / ulpAt(exact, "float32");
      if (!(ulp <= worst.ulp)) worst = { ulp, x: stage[i], count };
    }
    count += size;
  }
  return { ...worst, count };
}
