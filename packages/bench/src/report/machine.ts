import { arch, availableParallelism, cpus, release, totalmem, type } from "node:os";
import { kernels } from "@surprisal/core";
import type { Absent } from "../contestants/all.ts";
import type { Contestant } from "../contestants/contestant.ts";
import { yardstick } from "../sections.ts";

/** What the times depend on besides the programs. */
export function machine() {
  return {
    cpu: cpus()[0].model.trim(),
    cores: availableParallelism(),
    memory: totalmem(),
    architecture: arch(),
    system: `${type()} ${release()}`,
  };
}

export function runtime() {
  const { node, v8 } = process.versions;
  return { node, v8, kernels: kernels().available };
}

/** Where this runs, who takes part, and what is in their times. */
export function introduction(
  about: { machine: ReturnType<typeof machine>; runtime: ReturnType<typeof runtime> },
  contestants: readonly Contestant[],
  absent: readonly Absent[],
): string {
  const { cpu, cores } = about.machine;
  return [
    `${cpu}, ${cores} cores; Node ${about.runtime.node}; float32; one thread unless named otherwise`,
    "",
    "In the times, besides the arithmetic:",
    ...contestants.map(({ name, version, times }) => `  ${name} ${version}: ${times}`),
    ...absent.map(({ name, reason }) => `  ${name} is absent: ${reason}`),
    "",
    `× PyTorch: how many times as fast as ${yardstick}; × best peer: as the fastest other JavaScript.`,
    `Errors in ulp of float32; "wrong" is an answer with an entry that lacks half of its bits.`,
  ].join("\n");
}
