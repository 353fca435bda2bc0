import { type Gpu, isGpuAvailable, onGpu } from "@surprisal/webgpu";
import { nameOf } from "../gpu/nameOf.ts";
import { benchmarkCases, caseCount } from "./cases.ts";
import { type CaseResult, runCase } from "./runCase.ts";

/** A message from the worker to the page. */
export type Report =
  | { readonly kind: "gpu"; readonly name: string }
  | { readonly kind: "result"; readonly result: CaseResult; readonly done: number }
  | { readonly kind: "end" }
  | { readonly kind: "error"; readonly message: string };

const report = (message: Report) => postMessage(message);

const sampling = { rounds: 15, warmUpMilliseconds: 60, sampleMilliseconds: 10 };

async function run(): Promise<void> {
  const gpu = await openGpu();
  report({ kind: "gpu", name: gpu ? nameOf(gpu) : "" });
  let casesDone = 0;
  for (const benchmarkCase of benchmarkCases(gpu)) {
    const result = await runCase(benchmarkCase, sampling);
    casesDone++;
    report({ kind: "result", result, done: casesDone / caseCount });
  }
  report({ kind: "end" });
}

/** Returns the GPU, if this browser has one for its pages. */
async function openGpu(): Promise<Gpu | undefined> {
  return (await isGpuAvailable()) ? onGpu() : undefined;
}

run().catch((error: Error) => report({ kind: "error", message: error.message }));
