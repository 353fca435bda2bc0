import {
  classWeightsAddress,
  gradScalesAddress,
  probabilitiesAddress,
  rowCapacity,
  stagingAddress,
  stagingEnd,
  stagingLength,
  targetCoefficientsAddress,
  targetsAddress,
  valuesAddress,
} from "../../generated/memoryMap.ts";

/** The part of WebAssembly that is used here. Its types come only with those of the DOM. */
declare const WebAssembly: {
  validate(binary: Uint8Array<ArrayBuffer>): boolean;
  readonly Module: new (binary: Uint8Array<ArrayBuffer>) => Module;
  readonly Memory: new (size: { initial: number; maximum?: number; shared?: boolean }) => Memory;
  readonly Instance: new (module: Module, imports: object) => { readonly exports: unknown };
};

/** A memory of WebAssembly, as far as it is used here. */
export interface Memory {
  readonly buffer: ArrayBufferLike;
}

type Module = object;

/** The vector instructions that the kernels are compiled for. */
export type InstructionSet = "relaxed" | "simd";

/** A compiled module as text, for each instruction set. */
export type KernelBinary = Readonly<Record<InstructionSet, string>>;

/** A memory with the kernels that compute in it. It never grows, so views of it stay valid. */
export interface Instance {
  readonly instructionSet: InstructionSet;
  readonly memory: Memory;
  /**
   * The buffer of the memory. A shared memory may return another object later: V8 makes new ones when any shared memory of the
   * process grows.
   */
  readonly buffer: ArrayBufferLike;
  /** Is added to the addresses of the memory map. Threads that share a memory have separate regions. */
  readonly base: number;
  /** Whether other threads may read and write the memory. */
  readonly isShared: boolean;
  /** The exports of the modules that are linked to this memory. */
  readonly linkedExports: Map<KernelBinary, unknown>;
  readonly targets: Int32Array;
  readonly gradScale: Float64Array;
  readonly values: Float64Array;
  readonly staging: Float32Array;
  /** Class probabilities, or the slopes of a softcap. */
  readonly stagedProbabilities: Float32Array;
  readonly classWeights: Float32Array;
  readonly targetCoefficients: Float64Array;
}

const pageSize = 1 << 16;

/** Kernels may read up to a cache line past the last array. */
const slackBytes = 64;

/** An instruction of three vectors for each instruction set: relaxed_madd; bitselect and a nop. */
const probes = { relaxed: [253, 133, 2], simd: [253, 82, 1] };

/** Returns a module of one function that passes its argument to the instruction three times. */
function probeModule(instructionSet: InstructionSet): Uint8Array<ArrayBuffer> {
  const head = [0, 97, 115, 109, 1, 0, 0, 0, 1, 6, 1, 96, 1, 123, 1, 123, 3, 2, 1, 0];
  const body = [10, 13, 1, 11, 0, 32, 0, 32, 0, 32, 0, ...probes[instructionSet], 11];
  return Uint8Array.of(...head, ...body);
}

/** Tells whether the runtime has the instructions. Validation compiles nothing, so no policy forbids or reports it. */
export function isSupported(instructionSet: InstructionSet): boolean {
  try {
    return WebAssembly.validate(probeModule(instructionSet));
  } catch {
    return false; // Without WebAssembly, as under --jitless.
  }
}

/**
 * Tells whether the runtime runs what it supports. A content security policy may forbid a module, its
 * instance or both, and reports each attempt.
 */
export function canInstantiate(instructionSet: InstructionSet): boolean {
  try {
    new WebAssembly.Instance(new WebAssembly.Module(probeModule(instructionSet)), {});
    return Boolean(new WebAssembly.Memory({ initial: 1 }));
  } catch {
    return false;
  }
}

/** Makes an instance with `extra` bytes after the staging buffer. */
export function instantiate(instructionSet: InstructionSet, extra = 0, isShared = false): Instance {
  const memory = createMemory(extra, isShared);
  return instanceOf(instructionSet, memory, memory.buffer, isShared, 0);
}

/** Makes a memory with `extra` bytes after the staging buffer. */
export function createMemory(extra: number, isShared: boolean): Memory {
  const pages = Math.ceil((stagingEnd + extra + slackBytes) / pageSize);
  return new WebAssembly.Memory(
    isShared ? { initial: pages, maximum: pages, shared: true } : { initial: pages },
  );
}

function instanceOf(
  instructionSet: InstructionSet,
  memory: Memory,
  buffer: ArrayBufferLike,
  isShared: boolean,
  base: number,
): Instance {
  return {
    instructionSet,
    memory,
    buffer,
    base,
    isShared,
    linkedExports: new Map(),
    targets: new Int32Array(buffer, base + targetsAddress, rowCapacity),
    gradScale: new Float64Array(buffer, base + gradScalesAddress, rowCapacity),
    values: new Float64Array(buffer, base + valuesAddress, rowCapacity),
    staging: new Float32Array(buffer, base + stagingAddress, stagingLength),
    stagedProbabilities: new Float32Array(buffer, base + probabilitiesAddress, stagingLength),
    classWeights: new Float32Array(buffer, base + classWeightsAddress, stagingLength),
    targetCoefficients: new Float64Array(buffer, base + targetCoefficientsAddress, rowCapacity),
  };
}

const stagingInstances = /* @__PURE__ */ new Map<InstructionSet, Instance>();

/** The number of calls that have used a staging buffer. */
let stagedCalls = 0;

/** Returns the number of calls that have used a staging buffer: if it has grown, the contents have changed. */
export function stagedCallCount(): number {
  return stagedCalls;
}

/** Returns the instance that arrays of other memories are copied into. */
export function stagingInstance(instructionSet: InstructionSet): Instance {
  stagedCalls++;
  const instance =
    stagingInstances.get(instructionSet) ?? instantiateOwner(instructionSet, 0, false);
  stagingInstances.set(instructionSet, instance);
  return instance;
}

const owners = /* @__PURE__ */ new WeakMap<ArrayBufferLike, Instance>();

/** Makes an instance whose memory is handed out to callers. */
export function instantiateOwner(
  instructionSet: InstructionSet,
  extra: number,
  isShared: boolean,
): Instance {
  const instance = instantiate(instructionSet, extra, isShared);
  owners.set(instance.buffer, instance);
  return instance;
}

/** The length of the array in which a thread keeps results until it may write them to their destination, in floats. */
const resultsLength = 1 << 20;

/** The size of each further thread's regions in a shared memory, with the cache line that kernels may read past the end. */
const threadBytes = stagingEnd + 4 * resultsLength + slackBytes;

/** Returns how many bytes the regions of further threads take. They follow those of the thread that makes the memory. */
export function bytesOfFurtherThreads(threads: number): number {
  return (threads - 1) * threadBytes;
}

/**
 * Lets kernels compute in place in a shared memory that another thread has made.
 *
 * @param buffer the buffer of the memory.
 * @param thread the thread whose regions the kernels use. Thread 0 made the memory.
 * @returns where this thread may keep results; empty for thread 0.
 */
export function adoptMemory(
  instructionSet: InstructionSet,
  memory: Memory,
  buffer: ArrayBufferLike,
  thread: number,
): Float32Array {
  // The regions of the first thread are not followed by its results.
  const base = thread === 0 ? 0 : stagingEnd + bytesOfFurtherThreads(thread);
  if (owners.get(buffer)?.instructionSet !== instructionSet) {
    owners.set(buffer, instanceOf(instructionSet, memory, buffer, true, base));
  }
  return new Float32Array(buffer, base + stagingEnd, thread === 0 ? 0 : resultsLength);
}

/** An array, as far as its memory is concerned. */
export interface View {
  readonly buffer: ArrayBufferLike;
}

/** Returns the instance whose memory holds all of the arrays, if there is one. */
export function instanceOwning(
  instructionSet: InstructionSet,
  first: View,
  ...others: (View | undefined)[]
): Instance | undefined {
  const owner = findOwner(instructionSet, first, ...others);
  // What does not fill a vector passes through the owner's staging buffer.
  if (owner !== undefined) stagedCalls++;
  return owner;
}

/** Returns the same for a caller that does not compute. */
export function findOwner(
  instructionSet: InstructionSet,
  first: View,
  ...others: (View | undefined)[]
): Instance | undefined {
  const owner = owners.get(first.buffer);
  const isElsewhere = (array?: View) => array !== undefined && array.buffer !== first.buffer;
  return owner?.instructionSet !== instructionSet || others.some(isElsewhere) ? undefined : owner;
}

/** Returns the exports of a module in the memory of an instance. Links it on first use. */
export function linkExports<Exports>(
  { instructionSet, memory, base, isShared, linkedExports }: Instance,
  binary: KernelBinary,
): Exports {
  if (!linkedExports.has(binary)) {
    const { exports } = new WebAssembly.Instance(compile(binary, instructionSet, isShared), {
      env: { memory, base },
    });
    linkedExports.set(binary, exports);
  }
  return linkedExports.get(binary) as Exports;
}

const compiled = /* @__PURE__ */ new Map<string, Module>();

function compile(binary: KernelBinary, instructionSet: InstructionSet, isShared: boolean): Module {
  const text = binary[instructionSet];
  const key = `${isShared} ${text}`;
  const module =
    compiled.get(key) ??
    new WebAssembly.Module(isShared ? importSharedMemory(decode(text)) : decode(text));
  compiled.set(key, module);
  return module;
}

/** The end of the import of a memory, before its limits: its name and its kind. */
const memoryImport = /* @__PURE__ */ Array.from("memory\u0002", (character) =>
  character.charCodeAt(0),
);

/** Returns the module with an import of shared memory: in the import section, its limits and the section's length change. */
function importSharedMemory(module: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  let section = 8;
  while (module[section] !== 2) section = endOfSection(module, section);
  let limitsStart = section;
  const isImport = (byte: number, i: number) => module[limitsStart + i] === byte;
  while (!memoryImport.every(isImport)) limitsStart++;
  limitsStart += memoryImport.length;
  // Shared, from 0 to 65536 pages. The old limits are a flag and a small number.
  const limits = [3, 0, 128, 128, 4];
  const patched = [
    ...module.subarray(0, limitsStart),
    ...limits,
    ...module.subarray(limitsStart + 2),
  ];
  patched[section + 1] += limits.length - 2;
  return Uint8Array.from(patched);
}

/** Returns where a section of a module ends: its number is followed by its length, seven bits a byte. */
function endOfSection(module: Uint8Array, section: number): number {
  let length = 0;
  let next = section + 1;
  for (let shift = 0; ; shift += 7) {
    const byte = module[next++];
    length |= (byte & 127) << shift;
    if (byte < 128) return next + length;
  }
}

/** Decodes the text of `scripts/buildKernels.mjs`: one character for most bytes, two for the others. */
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
