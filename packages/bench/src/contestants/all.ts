import type { Contestant } from "./contestant.ts";

export interface Absent {
  readonly name: string;
  readonly reason: string;
}

/** In the order of the tables. */
const openers: Record<string, () => Promise<{ open(): Promise<Contestant[]> }>> = {
  Surprisal: () => import("./surprisal.ts"),
  "plain JavaScript loop": () => import("./plainLoop.ts"),
  "TensorFlow.js": () => import("./tensorflow.ts"),
  "jax-js": () => import("./jax.ts"),
  "onnxruntime-web": () => import("./onnxWeb.ts"),
  "onnxruntime-node": () => import("./onnxNode.ts"),
  PyTorch: () => import("./pytorch.ts"),
};

/** Who can take part here, and who cannot. */
export async function openContestants() {
  const contestants: Contestant[] = [];
  const absent: Absent[] = [];
  for (const [name, load] of Object.entries(openers)) {
    try {
      contestants.push(...(await (await load()).open()));
    } catch (error) {
      absent.push({ name, reason: error instanceof Error ? error.message : String(error) });
    }
  }
  return { contestants, absent };
}
