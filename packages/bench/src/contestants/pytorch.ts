import { setTimeout } from "node:timers/promises";
import type { Problem } from "../problem.ts";
import type { Contestant, Task } from "./contestant.ts";
import { PythonProcess } from "./pythonProcess.ts";

const script = new URL("pytorch.py", import.meta.url);

/** PyTorch's CPU kernels, in one Python process per number of threads. */
export async function open(): Promise<Contestant[]> {
  const contestants: Contestant[] = [];
  for (const threads of [1, 2]) {
    const python = new PythonProcess(script, [String(threads)]);
    const { version } = await python.reply<{ version: string }>();
    contestants.push({
      name: `PyTorch, ${threads} thread${threads > 1 ? "s" : ""}`,
      version,
      kind: "native",
      times: "timed in Python; `out` given but for the gradient, reading a loss",
      prepare: (problem) => taskOf(problem, python, threads),
      close: () => python.close(),
    });
  }
  return contestants;
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
