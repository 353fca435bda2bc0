/** What was found for one way to use the packages: a line of the table. */
export interface Finding {
  readonly group: "Runtimes" | "Package managers" | "TypeScript" | "Test runners" | "Browsers";
  /** A runtime, a browser, a program: "Node". */
  readonly name: string;
  readonly version: string;
  /** What is special about this way: a flag, a module resolution, a bundler and a policy. */
  readonly how: string;
  readonly result: "works" | "fails" | "not run";
  /** The kernels that computed. */
  readonly kernels?: string;
  /** How many threads computed. */
  readonly threads?: number;
  /** Why it failed or did not run, or what a user must add. */
  readonly note?: string;
}

/** The report that `conformance.mjs` returns. */
export interface ConformanceReport {
  readonly kernels: string;
  readonly threads: { readonly count: number; readonly reason?: string };
  readonly checks: readonly { readonly name: string; readonly error?: string }[];
}

/** What must be true of a report besides its checks. */
export interface Expectation {
  readonly kernels: string;
  readonly threads?: number;
}

type Outcome = Pick<Finding, "result" | "kernels" | "threads" | "note">;

/** Judges a report. */
export function judge(report: ConformanceReport, expected: Expectation): Outcome {
  const { kernels, threads, checks } = report;
  const problems = checks
    .filter(({ error }) => error !== undefined)
    .map(({ name, error }) => `${name}: ${error}`);
  if (checks.length === 0) problems.push("no check ran");
  if (kernels !== expected.kernels)
    problems.push(`the ${kernels} kernels are in use, not ${expected.kernels}`);
  if (expected.threads !== undefined && threads.count !== expected.threads)
    problems.push(`threads: ${threads.count}, not ${expected.threads} (${threads.reason})`);
  const found = { kernels, threads: threads.count };
  return problems.length === 0
    ? { result: "works", ...found }
    : { result: "fails", ...found, note: problems.join("; ") };
}

/** Judges a program that prints a report as its last line. */
export function judgeOutput(
  { ok, output, problem }: { ok: boolean; output: string; problem: string },
  expected: Expectation,
): Outcome {
  if (!ok) return { result: "fails", note: problem };
  return judge(JSON.parse(output.trim().split("\n").at(-1) ?? ""), expected);
}
