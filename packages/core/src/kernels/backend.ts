import { formatValue } from "../arguments/format.ts";
import type { KernelArray } from "../types.ts";
import type { RegisteredBackend } from "./registeredBackend.ts";
import { canInstantiate, type InstructionSet, isSupported } from "./wasm/instance.ts";

/** An implementation of the kernels. */
export type KernelName = "relaxed" | "simd" | "js";

/** The kernels of this runtime, best first, and the one that is in use. */
export interface KernelReport {
  readonly available: readonly KernelName[];
  readonly active: KernelName;
}

const names: readonly string[] = ["auto", "relaxed", "simd", "js"];

let probed: readonly KernelName[] | undefined;
let selected: KernelName | undefined;

/** Returns the kernels of this runtime, best first. Probes on first use: an import computes nothing. */
function available(): readonly KernelName[] {
  probed ??= probe();
  return probed;
}

function probe(): readonly KernelName[] {
  const supported = (["relaxed", "simd"] as const).filter(isSupported);
  // One attempt only: a policy that forbids it would report each.
  const [best] = supported;
  return best !== undefined && canInstantiate(best) ? [...supported, "js"] : ["js"];
}

/**
 * Returns the kernels that this runtime has, and the kernels in use.
 *
 * @returns `available`, best first, and `active`.
 *
 * @example
 * ```ts
 * import { kernels } from "@surprisal/core";
 *
 * kernels(); // { available: ["relaxed", "simd", "js"], active: "relaxed" } in Chrome, Firefox and Node
 * ```
 *
 * Source: the counterpart of `torch.backends.cpu.get_cpu_capability`.
 */
export function kernels(): KernelReport {
  return { available: [...available()], active: activeName() };
}

/**
 * Chooses the kernels that are used from now on.
 *
 * @param name `"auto"` takes the best kernels that this runtime has.
 * @returns the report of `kernels()` after the choice.
 * @throws TypeError if the name is not a string.
 * @throws RangeError if there are no such kernels, or this runtime does not have them. The choice does not change then.
 *
 * @example
 * ```ts
 * import { useKernels } from "@surprisal/core";
 *
 * useKernels("js").active; // "js"
 * useKernels("auto");
 * ```
 *
 * Source: the counterpart of TensorFlow.js's `tf.setBackend`.
 */
export function useKernels(name: KernelName | "auto"): KernelReport {
  if (typeof name !== "string") {
    throw new TypeError(`useKernels: name must be a string, got ${formatValue(name, true)}.`);
  }
  if (!names.includes(name)) {
    throw new RangeError(
      `useKernels: unknown kernels ${formatValue(name)}, expected one of ${names.join(", ")}.`,
    );
  }
  if (name !== "auto" && !available().includes(name)) {
    throw new RangeError(
      `useKernels: ${formatValue(name)} is not available here, expected one of auto, ${available().join(", ")}.`,
    );
  }
  selected = name === "auto" ? undefined : name;
  return kernels();
}

/** The instruction set of the WebAssembly kernels in use; undefined if the JavaScript kernels are in use. */
export function activeInstructionSet(): InstructionSet | undefined {
  const name = activeName();
  return name === "js" ? undefined : name;
}

/**
 * Returns what `link` returns, or undefined if it throws. The instruction set is then no longer available:
 * a browser may run the small probe and still refuse the kernels, as Chrome did until version 112 on the
 * main thread, where a module of more than 4 KiB is refused.
 */
export function tryLink<Linked>(
  instructionSet: InstructionSet,
  link: () => Linked,
): Linked | undefined {
  try {
    return link();
  } catch {
    probed = available().filter((name) => name !== instructionSet);
    if (selected === instructionSet) selected = undefined;
    return undefined;
  }
}

function activeName(): KernelName {
  return selected ?? available()[0];
}

let registered: RegisteredBackend | undefined;

/** Registers a backend that is asked before the others; undefined removes it. */
export function registerBackend(backend: RegisteredBackend | undefined): void {
  registered = backend;
}

/** Copies numbers to the start of an array. Shared memory is copied by the backend: `set` moves it word by word. */
export function copyNumbers(to: KernelArray, from: KernelArray): void {
  if (registered?.copy?.(to, from) !== true) to.set(from);
}

/** Returns the backend that is asked first, if there is one. */
export function registeredBackend(): RegisteredBackend | undefined {
  return registered;
}
