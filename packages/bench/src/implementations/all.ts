import type { UnavailableImplementation } from "../record.ts";
import { plainLoop } from "../sections.ts";
import type { Implementation } from "./implementation.ts";

/** The module of each library, in the order of the tables. */
const modules: Record<string, () => Promise<{ open(): Promise<Implementation[]> }>> = {
  Surprisal: () => import("./surprisal.ts"),
  [plainLoop]: () => import("./plainLoop.ts"),
  "TensorFlow.js": () => import("./tensorflow.ts"),
  "jax-js": () => import("./jax.ts"),
  "onnxruntime-web": () => import("./onnxWeb.ts"),
  "onnxruntime-node": () => import("./onnxNode.ts"),
  PyTorch: () => import("./pytorch.ts"),
};

/** Opens the libraries that run on this machine, and tells why the others do not. */
export async function openImplementations() {
  const implementations: Implementation[] = [];
  const unavailable: UnavailableImplementation[] = [];
  for (const [name, load] of Object.entries(modules)) {
    try {
      implementations.push(...(await (await load()).open()));
    } catch (error) {
      unavailable.push({ name, reason: error instanceof Error ? error.message : String(error) });
    }
  }
  return { implementations, unavailable };
}
