import {
  gradScalesAddress,
  rowCapacity,
  stagingAddress,
  stagingEnd,
  stagingLength,
  targetsAddress,
  valuesAddress,
} from "../generated/memoryMap.ts";

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

/** Compiled kernels, as text, at each level. */
export type Binary = Readonly<Record<Level, string>>;

/** Kernels of a level with their own memory, which never grows: views of it stay valid. */
export interface Instance {
  readonly level: Level;
  readonly memory: Memory;
  /** What the modules export that are at work in this memory. */
  readonly linked: Map<Binary, unknown>;
  readonly index: Int32Array;
  readonly scales: Float64Array;
  readonly values: Float64Array;
  readonly stage: Float32Array;
}

/** Byte addresses in the memory of an instance: numbers per row, then the staging buffer. */
export const address = {
  index: targetsAddress,
  scales: gradScalesAddress,
  values: valuesAddress,
  stage: stagingAddress,
};

/** How many floats the staging buffer holds. */
export const stageSize = stagingLength;

/** How many of them are used at once where there is a choice: what the processor's second cache holds. */
export const chunkSize = 1 << 15;

/** Where the memory behind the staging buffer begins: what is allocated lies there. */
export const stageEnd = stagingEnd;

const pageSize = 1 << 16;

/** An instruction of each level that takes three vectors: relaxed_madd; bitselect, and one that does nothing. */
const probes = { relaxed: [253, 133, 2], simd: [253, 82, 1] };

/** Whether the runtime can and may run kernels of a level: not without SIMD, under a strict CSP or --jitless. */
export function isSupported(level: Level): boolean {
  const head = [0, 97, 115, 109, 1, 0, 0, 0, 1, 6, 1, 96, 1, 123, 1, 123, 3, 2, 1, 0];
  const body = [10, 13, 1, 11, 0, 32, 0, 32, 0, 32, 0, ...probes[level], 11];
  try {
    // A module of one function, which gives its vector to the instruction three times.
    return Boolean(new WebAssembly.Module(Uint8Array.of(...head, ...body)));
  } catch {
    return false;
  }
}

/** Makes an instance with room for `extra` bytes behind the staging buffer. */
export function instantiate(level: Level, extra = 0): Instance {
  const memory = new WebAssembly.Memory({ initial: Math.ceil((stageEnd + extra) / pageSize) });
  const { buffer } = memory;
  return {
    level,
    memory,
    linked: new Map(),
    index: new Int32Array(buffer, address.index, rowCapacity),
    scales: new Float64Array(buffer, address.scales, rowCapacity),
    values: new Float64Array(buffer, address.values, rowCapacity),
    stage: new Float32Array(buffer, address.stage, stageSize),
  };
}

const staging = /* @__PURE__ */ new Map<Level, Instance>();

/** The instance that others' arrays are copied into. */
export function stagingOf(level: Level): Instance {
  const instance = staging.get(level) ?? instantiate(level);
  staging.set(level, instance);
  return instance;
}

const homes = /* @__PURE__ */ new WeakMap<ArrayBufferLike, Instance>();

/** Makes an instance in whose memory others' arrays may lie. */
export function instantiateHome(level: Level, extra: number): Instance {
  const instance = instantiate(level, extra);
  homes.set(instance.memory.buffer, instance);
  return instance;
}

/** The instance of a level in whose memory all the arrays lie, if there is one. */
export function homeOf(
  level: Level,
  first: Float32Array,
  ...others: (Float32Array | undefined)[]
): Instance | undefined {
  const home = homes.get(first.buffer);
  const isOther = (array?: Float32Array) => array !== undefined && array.buffer !== first.buffer;
  return home?.level === level && !others.some(isOther) ? home : undefined;
}

/** What kernels export, put to work in the memory of an instance when first asked for. */
export function exportsOf<Exports>({ level, memory, linked }: Instance, binary: Binary): Exports {
  if (!linked.has(binary)) {
    const { exports } = new WebAssembly.Instance(compile(binary, level), { env: { memory } });
    linked.set(binary, exports);
  }
  return linked.get(binary) as Exports;
}

const compiled = /* @__PURE__ */ new Map<string, Module>();

function compile(binary: Binary, level: Level): Module {
  const text = binary[level];
  const module = compiled.get(text) ?? new WebAssembly.Module(decode(text));
  compiled.set(text, module);
  return module;
}

/** The bytes that `scripts/buildKernels.mjs` wrote as text: one character for most, two for the others. */
function decode(text: string): Uint8Array<ArrayBuffer> {
  const bytes: number[] = [];
  let shift = -67;
  for (const character of text) {
    if (character === "}") shift += 90;
    else if (character === "~") shift += 180;
    else {
      bytes.push((character === "!" ? 92 : character.charCodeAt(0)) + shift);
      shift = -67;
    }
  }
  return Uint8Array.from(bytes);
}
