import { setTimeout } from "node:timers/promises";
import type { Problem } from "../problem.ts";
import type { Contestant, Task } from "./contestant.ts";
import { PythonProcess } from "./pythonProcess.ts";

const script = new URL("pytorch.py", import.meta.url);

/** How PyTorch runs. */
interface SetUp {
  readonly threads: number;
  /** The instructions that it keeps to, if not all that the processor has. */
  readonly capability?: "avx2";
}

/** PyTorch's CPU kernels, in one Python process per set-up. */
export async function open(): Promise<Contestant[]> {
  const one = await start({ threads: 1 });
  const contestants = [one.contestant, (await start({ threads: 2 })).contestant];
  if (one.capability === "AVX512") {
    // What most processors have: there, this is how fast PyTorch is.
    contestants.push((await start({ threads: 1, capability: "avx2" })).contestant);
  }
  return contestants;
}

async function start({ threads, capability }: SetUp) {
  const variables = capability && { ATEN_CPU_CAPABILITY: capability };
  const python = new PythonProcess(script, [String(threads)], variables);
  const about = await python.reply<{ version: string; capability: string }>();
  const contestant: Contestant = {
    name: `PyTorch, ${threads} thread${threads > 1 ? "s" : ""}${capability ? ", AVX2" : ""}`,
    version: about.version,
    kind: "native",
    times: `timed in Python, ${about.capability}; \`out\` given but for the gradient, reading a loss`,
    prepare: (problem) => taskOf(problem, python, threads),
    close: () => python.close(),
  };
  return { contestant, capability: about.capability };
}

let prepared = 0;

async function taskOf(
  { operation, shape, axis, reduction, logits, targets }: Problem,
  python: PythonProcess,
  threads: number,
): Promise<Task | undefined> {
  const task = prepared++;
  const { able } = await python.ask<{ able: boolean }>(
    { action: "prepare", task, operation, shape, axis, reduction },
    logits,
    targets,
  );
  if (!able) return undefined;
  return {
    async time(repeats) {
      const request = { action: "time", task, repeats };
      const { nanoseconds } = await python.ask<{ nanoseconds: number }>(request);
      // Idle threads spin for some milliseconds, on the core of whose turn it is next.
      if (threads > 1) await setTimeout(10);
      return nanoseconds;
    },
    async answer() {
      const { lengths } = await python.ask<{ lengths: number[] }>({ action: "answer", task });
      const values = await python.floats(lengths[0]);
      const gradient = await python.floats(lengths[1]);
      return { values, gradient };
    },
    async memory() {
      return (await python.ask<{ bytes: number }>({ action: "memory", task })).bytes;
    },
    async release() {
      await python.ask({ action: "release", task });
    },
  };
}
