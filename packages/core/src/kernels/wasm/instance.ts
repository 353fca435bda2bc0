import { maxBlockRows } from "../rowData.ts";

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

export type InstructionSet = "relaxed" | "simd";

/** Compiled kernels, as text, at each level. */
export type KernelBinary = Readonly<Record<InstructionSet, string>>;

/** Kernels of a level with their own memory, which never grows: views of it stay valid. */
export interface Instance {
  readonly instructionSet: InstructionSet;
  readonly memory: Memory;
  /** What the modules export that are at work in this memory. */
  readonly linkedExports: Map<KernelBinary, unknown>;
  readonly targets: Int32Array;
  readonly gradScale: Float64Array;
  readonly values: Float64Array;
  readonly staging: Float32Array;
}

/** Where things lie in the memory of an instance, as `assembly/memory.ts` says: numbers per row, then rows. */
export const address = {
  targets: 0x1000,
  gradScale: 0x5000,
  values: 0xd000,
  staging: 0x26000,
};

/** How many floats the staging buffer holds. */
export const stagingSize = 1 << 17;

/** How many of them are used at once where there is a choice: what the processor's second cache holds. */
export const chunkSize = 1 << 15;

/** Where the memory behind the staging buffer begins: what is allocated lies there. */
export const stagingEnd = address.staging + 4 * stagingSize;

const pageSize = 1 << 16;

/** An instruction of each level that takes three vectors: relaxed_madd; bitselect, and one that does nothing. */
const probes = { relaxed: [253, 133, 2], simd: [253, 82, 1] };

/** Whether the runtime can and may run kernels of a level: not without SIMD, under a strict CSP or --jitless. */
export function isSupported(instructionSet: InstructionSet): boolean {
  const head = [0, 97, 115, 109, 1, 0, 0, 0, 1, 6, 1, 96, 1, 123, 1, 123, 3, 2, 1, 0];
  const body = [10, 13, 1, 11, 0, 32, 0, 32, 0, 32, 0, ...probes[instructionSet], 11];
  try {
    // A module of one function, which gives its vector to the instruction three times.
    return Boolean(new WebAssembly.Module(Uint8Array.of(...head, ...body)));
  } catch {
    return false;
  }
}

/** Makes an instance with room for `extra` bytes behind the staging buffer. */
export function instantiate(instructionSet: InstructionSet, extra = 0): Instance {
  const memory = new WebAssembly.Memory({ initial: Math.ceil((stagingEnd + extra) / pageSize) });
  const { buffer } = memory;
  // Kernels take rows four by four, hence room for some that are none.
  const rows = maxBlockRows + 16;
  return {
    instructionSet: instructionSet,
    memory,
    linkedExports: new Map(),
    targets: new Int32Array(buffer, address.targets, rows),
    gradScale: new Float64Array(buffer, address.gradScale, rows),
    values: new Float64Array(buffer, address.values, rows),
    staging: new Float32Array(buffer, address.staging, stagingSize),
  };
}

const staging = /* @__PURE__ */ new Map<InstructionSet, Instance>();

/** The instance that others' arrays are copied into. */
export function stagingInstance(instructionSet: InstructionSet): Instance {
  const instance = staging.get(instructionSet) ?? instantiate(instructionSet);
  staging.set(instructionSet, instance);
  return instance;
}

const owners = /* @__PURE__ */ new WeakMap<ArrayBufferLike, Instance>();

/** Makes an instance in whose memory others' arrays may lie. */
export function instantiateOwner(instructionSet: InstructionSet, extra: number): Instance {
  const instance = instantiate(instructionSet, extra);
  owners.set(instance.memory.buffer, instance);
  return instance;
}

/** The instance of a level in whose memory all the arrays lie, if there is one. */
export function instanceOwning(
  instructionSet: InstructionSet,
  first: Float32Array,
  ...others: (Float32Array | undefined)[]
): Instance | undefined {
  const owner = owners.get(first.buffer);
  const isOther = (array?: Float32Array) => array !== undefined && array.buffer !== first.buffer;
  return owner?.instructionSet === instructionSet && !others.some(isOther) ? owner : undefined;
}

/** What kernels export, put to work in the memory of an instance when first asked for. */
export function linkExports<Exports>(
  { instructionSet, memory, linkedExports: linked }: Instance,
  binary: KernelBinary,
): Exports {
  if (!linked.has(binary)) {
    const { exports } = new WebAssembly.Instance(compile(binary, instructionSet), {
      env: { memory },
    });
    linked.set(binary, exports);
  }
  return linked.get(binary) as Exports;
}

const compiled = /* @__PURE__ */ new Map<string, Module>();

function compile(binary: KernelBinary, instructionSet: InstructionSet): Module {
  const text = binary[instructionSet];
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
