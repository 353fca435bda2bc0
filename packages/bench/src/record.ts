import type { CallTimes, SamplingPlan } from "@surprisal/testing/benchmark";
import type { Operation } from "./problem.ts";

/**
 * The results of a run, as they are written to a JSON file.
 *
 * The site imports this type, by way of `@surprisal/bench/record`: the one exception to the rule that
 * nothing imports this package.
 */
export interface BenchmarkRecord {
  /** ISO 8601. */
  readonly date: string;
  readonly machine: MachineInfo;
  readonly runtime: RuntimeInfo;
  /** Whether the run had small shapes and few rounds. */
  readonly quick: boolean;
  readonly sampling: SamplingPlan;
  readonly implementations: readonly ImplementationInfo[];
  readonly unavailable: readonly UnavailableImplementation[];
  readonly results: readonly CaseResult[];
  readonly failures: readonly CaseFailure[];
  /** The kinds of rows that accuracy is measured on. */
  readonly gridKinds: readonly string[];
  readonly accuracy: readonly Accuracy[];
  readonly size: readonly BundleSize[];
}

export interface MachineInfo {
  readonly cpu: string;
  readonly cores: number;
  /** Bytes. */
  readonly memory: number;
  readonly architecture: string;
  readonly system: string;
}

export interface RuntimeInfo {
  readonly node: string;
  readonly v8: string;
  /** The kernels of Surprisal that this machine can run. */
  readonly kernels: readonly string[];
}

export interface ImplementationInfo {
  readonly name: string;
  readonly version: string;
  readonly kind: "ours" | "JavaScript" | "native";
  /** The work besides the arithmetic that its times include. */
  readonly overhead: string;
}

/** A library that cannot run on this machine. */
export interface UnavailableImplementation {
  readonly name: string;
  readonly reason: string;
}

/** An error in ulp of float32. JSON has no infinity: it is written as text. */
export type Ulp = number | "Infinity";

/** A benchmark case, solved by one implementation. */
export interface CaseResult {
  readonly section: string;
  readonly operation: Operation;
  readonly shape: readonly number[];
  readonly axis: number;
  readonly elements: number;
  readonly implementation: string;
  /** The largest error of the answer. */
  readonly ulp: Ulp;
  /** Whether some number of the answer has less than half of its 24 bits right. */
  readonly wrong: boolean;
  readonly times: CallTimes;
  /** Bytes that a call allocates. */
  readonly memory?: number;
}

/** A benchmark case in which one implementation threw an error. */
export interface CaseFailure {
  readonly section: string;
  readonly operation: Operation;
  readonly shape: readonly number[];
  readonly implementation: string;
  readonly reason: string;
}

/** The largest errors of one implementation on rows of one size. */
export interface Accuracy {
  readonly operation: Operation;
  readonly classes: number;
  readonly implementation: string;
  readonly ulp: Ulp;
  /** The largest error on each of `gridKinds`. */
  readonly ulps: readonly Ulp[];
}

/** The bytes that an import adds to a web page. */
export interface BundleSize {
  readonly name: string;
  readonly minified: number;
  readonly brotli: number;
}
