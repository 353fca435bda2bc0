import { arch, availableParallelism, cpus, release, totalmem, type } from "node:os";
import { kernels } from "@surprisal/core";
import type {
  BenchmarkRecord,
  ImplementationInfo,
  MachineInfo,
  RuntimeInfo,
  UnavailableImplementation,
} from "../record.ts";
import { baseline } from "../sections.ts";

export function machineInfo(): MachineInfo {
  return {
    cpu: cpus()[0].model.trim(),
    cores: availableParallelism(),
    memory: totalmem(),
    architecture: arch(),
    system: `${type()} ${release()}`,
  };
}

export function runtimeInfo(): RuntimeInfo {
  const { node, v8 } = process.versions;
  return { node, v8, kernels: kernels().available };
}

/** Returns the head of the report: machine, implementations, and the overhead in their times. */
export function introduction(
  about: Pick<BenchmarkRecord, "machine" | "runtime">,
  implementations: readonly ImplementationInfo[],
  unavailable: readonly UnavailableImplementation[],
): string {
  const { cpu, cores } = about.machine;
  return [
    `${cpu}, ${cores} cores; Node ${about.runtime.node}; float32; one thread unless the name says otherwise`,
    "",
    "Overhead that the times include:",
    ...implementations.map(({ name, version, overhead }) => `  ${name} ${version}: ${overhead}`),
    ...unavailable.map(({ name, reason }) => `  ${name} is unavailable: ${reason}`),
    "",
    `× PyTorch: speed relative to ${baseline}; × best peer: relative to the fastest other JavaScript.`,
    `Errors in ulp of float32; "wrong": a number of the answer has less than half of its bits right.`,
  ].join("\n");
}
