import { describe } from "../describe.ts";
import { type Engine, engineOf } from "./engine.ts";
import { isSupported } from "./instance.ts";

/** An implementation of the kernels. */
export type KernelName = "relaxed" | "simd" | "js";

/** Which kernels this runtime has, best first, and which one computes. */
export interface KernelReport {
  readonly available: readonly KernelName[];
  readonly active: KernelName;
}

const names: readonly string[] = ["auto", "relaxed", "simd", "js"];

/** JavaScript needs no engine. */
let probed: ReadonlyMap<KernelName, Engine | undefined> | undefined;
let active: KernelName | undefined;

/** What this runtime has, best first. Probed once, when first needed: importing computes nothing. */
function implementations(): ReadonlyMap<KernelName, Engine | undefined> {
  if (probed === undefined) {
    const found = new Map<KernelName, Engine | undefined>();
    for (const level of ["relaxed", "simd"] as const) {
      if (isSupported(level)) found.set(level, engineOf(level));
    }
    probed = found.set("js", undefined);
  }
  return probed;
}

/**
 * Tells which kernels this runtime has and which one computes.
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
  return { available: [...implementations().keys()], active: activeName() };
}

/**
 * Chooses the kernels that compute from now on.
 *
 * @param name `"auto"` takes the best that this runtime has.
 * @returns the report of `kernels()` after the choice.
 * @throws TypeError if the name is not a string.
 * @throws RangeError if there are no such kernels, or not here; the choice stays as it was.
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
    throw new TypeError(`useKernels: name must be a string, got ${describe(name)}.`);
  }
  if (!names.includes(name)) {
    throw new RangeError(
      `useKernels: unknown kernels ${describe(name)}, expected one of ${names.join(", ")}.`,
    );
  }
  if (name !== "auto" && !implementations().has(name)) {
    throw new RangeError(
      `useKernels: ${describe(name)} is not available here, expected one of auto, ${[...implementations().keys()].join(", ")}.`,
    );
  }
  active = name === "auto" ? undefined : name;
  return kernels();
}

/** What computes now in WebAssembly; undefined where JavaScript does. */
export function activeEngine(): Engine | undefined {
  return implementations().get(activeName());
}

function activeName(): KernelName {
  return active ?? (implementations().keys().next().value as KernelName);
}
