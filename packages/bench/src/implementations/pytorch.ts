import { setTimeout } from "node:timers/promises";
import type { Problem } from "../problem.ts";
import type { Implementation, Task } from "./implementation.ts";
import { PythonProcess } from "./pythonProcess.ts";

const script = new URL("pytorch.py", import.meta.url);

/** How PyTorch runs. */
interface Configuration {
  readonly threads: number;
  /** The instruction set, if not the best that the processor has. */
  readonly capability?: "avx2";
}

/** Opens PyTorch's CPU kernels, in one Python process per configuration. */
export async function open(): Promise<Implementation[]> {
  const one = await start({ threads: 1 });
  const implementations = [one.implementation, (await start({ threads: 2 })).implementation];
  if (one.capability === "AVX512") {
    // Most processors lack AVX-512: this is how fast PyTorch is on them.
    implementations.push((await start({ threads: 1, capability: "avx2" })).implementation);
  }
  return implementations;
}

async function start({ threads, capability }: Configuration) {
  const variables = capability && { ATEN_CPU_CAPABILITY: capability };
  const python = new PythonProcess(script, [String(threads)], variables);
  const about = await python.readReply<{ version: string; capability: string }>();
  const implementation: Implementation = {
    name: `PyTorch, ${threads} thread${threads > 1 ? "s" : ""}${capability ? ", AVX2" : ""}`,
    version: about.version,
    kind: "native",
    overhead: `timed in Python, ${about.capability}; reading a loss; \`out\` provided, except for gradients`,
    prepare: (problem) => prepareTask(problem, python, threads),
    close: () => python.close(),
  };
  return { implementation, capability: about.capability };
}

let taskCount = 0;

async function prepareTask(
  { operation, shape, axis, reduction, logits, targets }: Problem,
  python: PythonProcess,
  threads: number,
): Promise<Task | undefined> {
  const task = taskCount++;
  const { supported } = await python.request<{ supported: boolean }>(
    { action: "prepare", task, operation, shape, axis, reduction },
    logits,
    targets,
  );
  if (!supported) return undefined;
  return {
    async time(iterations) {
      const request = { action: "time", task, iterations };
      const { nanoseconds } = await python.request<{ nanoseconds: number }>(request);
      // Idle threads spin for some milliseconds, on a core that the next implementation needs.
      if (threads > 1) await setTimeout(10);
      return nanoseconds;
    },
    async answer() {
      const { lengths } = await python.request<{ lengths: number[] }>({ action: "answer", task });
      const values = await python.readFloats(lengths[0]);
      const gradient = await python.readFloats(lengths[1]);
      return { values, gradient };
    },
    async memory() {
      return (await python.request<{ bytes: number }>({ action: "memory", task })).bytes;
    },
    async release() {
      await python.request({ action: "release", task });
    },
  };
}
