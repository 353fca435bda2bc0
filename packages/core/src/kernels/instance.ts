import { relaxed, simd } from "../generated/binaries.ts";

/** The parts of WebAssembly that are used here: its types come with the DOM's only. */
declare const WebAssembly: {
  readonly Module: new (binary: Uint8Array<ArrayBuffer>) => Module;
  readonly Memory: new (size: { initial: number }) => { readonly buffer: ArrayBuffer };
  readonly Instance: new (module: Module, imports: object) => { readonly exports: unknown };
};

/** Compiled kernels, of which instances are made. */
export type Module = object;

/** What the compiled kernels export; addresses and sizes as in `assembly/`. */
export interface Exports {
  rowsOf(
    result: number,
    x: number,
    out: number,
    rows: number,
    size: number,
    empty: number,
    values: number,
    index: number,
    scales: number,
  ): void;
  lanesOf(
    result: number,
    x: number,
    out: number,
    outer: number,
    size: number,
    inner: number,
    pitch: number,
    empty: number,
    values: number,
    index: number,
    scales: number,
  ): void;
  maxOf(x: number, size: number): number;
  sum(x: number, size: number, shift: number, k: number): number;
  terms(x: number, out: number, size: number, shift: number, k: number): number;
  scale(x: number, out: number, size: number, factor: number): void;
  subtract(x: number, out: number, size: number, a: number, b: number): void;
  find(x: number, value: number): number;
  topTerm(shifted: number, k: number): number;
  log1p(s: number): number;
}

/** An instance of the kernels with its own memory, which never grows: views of it stay valid. */
export interface Instance {
  readonly exports: Exports;
  readonly index: Int32Array;
  readonly scales: Float64Array;
  readonly values: Float64Array;
  readonly stage: Float32Array;
}

/** Where things lie in the memory of an instance: constants first, then per-row numbers, then rows. */
export const address = { index: 0x1000, scales: 0x5000, values: 0xd000, stage: 0x20000 };

/** How many rows one call of a kernel takes. */
export const maxRows = 4096;

/** How many floats the staging buffer holds. */
export const stageSize = 1 << 17;

/** Where the memory behind the staging buffer begins: what is allocated lies there. */
export const stageEnd = address.stage + 4 * stageSize;

const pageSize = 1 << 16;

/** Compiles the kernels of a level; undefined where the runtime cannot or must not (no SIMD, a strict CSP, --jitless). */
export function compile(level: "relaxed" | "simd"): Module | undefined {
  try {
    return new WebAssembly.Module(fromHex(level === "relaxed" ? relaxed : simd));
  } catch {
    return undefined;
  }
}

/** Makes an instance with room for `extra` bytes behind the staging buffer. */
export function instantiate(module: Module, extra = 0): Instance {
  const memory = new WebAssembly.Memory({ initial: Math.ceil((stageEnd + extra) / pageSize) });
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const { buffer } = memory;
  return {
    exports: exports as Exports,
    index: new Int32Array(buffer, address.index, maxRows),
    scales: new Float64Array(buffer, address.scales, maxRows),
    values: new Float64Array(buffer, address.values, maxRows),
    stage: new Float32Array(buffer, address.stage, stageSize),
  };
}

function fromHex(hex: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(hex.length / 2);
  for (let i = 0; i < bytes.length; i++)
    bytes[i] = Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}
