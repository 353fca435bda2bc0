import { describe } from "../describe.ts";
import { compile } from "./instance.ts";
import { js } from "./js.ts";
import type { Kernels } from "./kernels.ts";
import { wasm } from "./wasm.ts";

/** An implementation of the kernels. */
export type KernelName = "relaxed" | "simd" | "js";

/** Which kernels this runtime has, best first, and which one computes. */
export interface KernelReport {
  readonly available: readonly KernelName[];
  readonly active: KernelName;
}

const names: readonly string[] = ["auto", "relaxed", "simd", "js"];

let probed: ReadonlyMap<KernelName, Kernels> | undefined;
let active: KernelName | undefined;

/** What this runtime has, best first. Probed once, when first needed: importing computes nothing. */
function implementations(): ReadonlyMap<KernelName, Kernels> {
  if (probed === undefined) {
    const found = new Map<KernelName, Kernels>();
    for (const level of ["relaxed", "simd"] as const) {
      const module = compile(level);
      if (module !== undefined) found.set(level, wasm(module));
    }
    probed = found.set("js", js);
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

/** The kernels that compute now. */
export function activeKernels(): Kernels {
  return implementations().get(activeName()) as Kernels;
}

function activeName(): KernelName {
  return active ?? (implementations().keys().next().value as KernelName);
}
