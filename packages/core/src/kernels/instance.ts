import { relaxed, simd } from "../generated/forward.ts";
import { maxRows } from "./perRow.ts";

/** The parts of WebAssembly that are used here: its types come with the DOM's only. */
declare const WebAssembly: {
  readonly Module: new (binary: Uint8Array<ArrayBuffer>) => Module;
  readonly Memory: new (size: { initial: number }) => Memory;
  readonly Instance: new (module: Module, imports: object) => { readonly exports: unknown };
};

interface Memory {
  readonly buffer: ArrayBuffer;
}

type Module = object;

export type Level = "relaxed" | "simd";

/** The compiled kernels of a level, of which instances are made. */
export interface Code {
  readonly level: Level;
  readonly module: Module;
}

/** What the compiled kernels export; addresses and sizes as in `assembly/`. */
export interface Exports {
  rowsOf(result: number, x: number, out: number, rows: number, size: number, empty: number): void;
  shortRowsOf: Exports["rowsOf"];
  columnsOf(
    result: number,
    x: number,
    out: number,
    outer: number,
    size: number,
    inner: number,
    pitch: number,
    empty: number,
  ): void;
  survey(keep: boolean, x: number, out: number, size: number): void;
  scale(x: number, out: number, size: number, factor: number): void;
  subtract(x: number, out: number, size: number, a: number, b: number): void;
}

/** An instance of the kernels with its own memory, which never grows: views of it stay valid. */
export interface Instance {
  readonly level: Level;
  readonly memory: Memory;
  readonly exports: Exports;
  readonly index: Int32Array;
  readonly scales: Float64Array;
  readonly values: Float64Array;
  /** What `survey` found: maximum, shift, exponent, the maximum's own term, the others' sum. */
  readonly found: Float64Array;
  readonly stage: Float32Array;
}

/** Where things lie in the memory of an instance, as `assembly/memory.ts` says: numbers per row, then rows. */
export const address = {
  found: 0xa40,
  index: 0x1000,
  scales: 0x5000,
  values: 0xd000,
  stage: 0x26000,
};

/** How many floats the staging buffer holds. */
export const stageSize = 1 << 17;

/** Where the memory behind the staging buffer begins: what is allocated lies there. */
export const stageEnd = address.stage + 4 * stageSize;

const pageSize = 1 << 16;

/** Compiles the kernels of a level; undefined where the runtime cannot or must not (no SIMD, a strict CSP, --jitless). */
export function compile(level: Level): Code | undefined {
  try {
    return { level, module: moduleOf(level === "relaxed" ? relaxed : simd) };
  } catch {
    return undefined;
  }
}

export function moduleOf(hex: string): Module {
  return new WebAssembly.Module(fromHex(hex));
}

/** Puts a module to work in a memory. */
export function link(module: Module, memory: Memory): unknown {
  return new WebAssembly.Instance(module, { env: { memory } }).exports;
}

/** Makes an instance with room for `extra` bytes behind the staging buffer. */
export function instantiate({ level, module }: Code, extra = 0): Instance {
  const memory = new WebAssembly.Memory({ initial: Math.ceil((stageEnd + extra) / pageSize) });
  const { buffer } = memory;
  // Kernels take rows four by four, hence room for some that are none.
  const rows = maxRows + 16;
  return {
    level,
    memory,
    exports: link(module, memory) as Exports,
    index: new Int32Array(buffer, address.index, rows),
    scales: new Float64Array(buffer, address.scales, rows),
    values: new Float64Array(buffer, address.values, rows),
    found: new Float64Array(buffer, address.found, 5),
    stage: new Float32Array(buffer, address.stage, stageSize),
  };
}

function fromHex(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}
