import { ulpAt } from "@surprisal/testing";
import { softmax } from "../src/generated/softmax.ts";
import { stagingLength } from "../src/kernels/limits.ts";
import { instantiate, isSupported, linkExports } from "../src/kernels/wasm/instance.ts";
import type { Exports } from "../src/kernels/wasm/kernelCall.ts";

/** The largest error of an exp kernel, the float it was found at, and the number of floats tried. */
export interface Worst {
  readonly ulp: number;
  readonly x: number;
  readonly count: number;
}

/** The bits of −0 and of −87.33654, the last float whose exponential is a normal float. */
const first = 0x80000000;
const last = 0xc2aeac4f;

/** Compares the exp kernel with float64 on every `stride`-th negative float32 whose result is normal. */
export function worstExp(level: "relaxed" | "simd", stride: number): Worst {
  if (!isSupported(level)) throw new Error(`This runtime has no ${level} kernels.`);
  const instance = instantiate(level);
  const { rowMax, setTemperature, sumExpMinusMax } = linkExports<Exports>(instance, softmax);
  setTemperature?.(1);
  const { staging: stage } = instance;
  const room = stagingLength / 2;
  const [x, out] = [stage.subarray(0, room), stage.subarray(room)];
  const bits = new Uint32Array(x.buffer, x.byteOffset, room);
  let worst: Worst = { ulp: 0, x: 0, count: 0 };
  let count = 0;
  // The first element is the maximum, 0: the kernel scales the other results by 2^48.
  for (let start = first; start <= last; start += stride * (room - 1)) {
    const size = Math.min(room, Math.floor((last - start) / stride) + 2);
    x[0] = 0;
    for (let i = 1; i < size; i++) bits[i] = start + (i - 1) * stride;
    rowMax(x.byteOffset, size);
    sumExpMinusMax(x.byteOffset, out.byteOffset, size, 0, true);
    for (let i = 1; i < size; i++) {
      const exact = Math.exp(x[i]);
      const ulp = Math.abs(out[i] / 2 ** 48 - exact) / ulpAt(exact, "float32");
      if (!(ulp <= worst.ulp)) worst = { ulp, x: x[i], count };
    }
    count += size - 1;
  }
  return { ...worst, count };
}
