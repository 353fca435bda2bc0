import { formatShape, operations } from "../problem.ts";
import type { CaseFailure, CaseResult, ImplementationInfo } from "../record.ts";
import type { BenchmarkCase } from "../runCase.ts";
import { baseline, type Section } from "../sections.ts";
import { drawTable, formatBytes, formatNumber, formatUlp } from "./table.ts";

/** Draws the results of a case: error, time, quartiles, and speed relative to the baseline and to peers. */
export function caseTable(
  benchmarkCase: BenchmarkCase,
  results: readonly CaseResult[],
  failures: readonly CaseFailure[],
): string {
  const kindOf = new Map(benchmarkCase.implementations.map(({ name, kind }) => [name, kind]));
  const bestPeer = fastest(
    results.filter(({ implementation }) => kindOf.get(implementation) === "JavaScript"),
  );
  const baselineResult = results.find(({ implementation }) => implementation === baseline);
  const { memory } = benchmarkCase.section;
  const head = [
    "",
    "max ulp",
    "per call",
    "ns per element",
    "quartiles",
    "× PyTorch",
    "× best peer",
  ];
  const rows = results.map((result) => {
    const { implementation, ulp, wrong, times, elements } = result;
    return [
      implementation,
      wrong ? `wrong: ${formatUlp(ulp)}` : formatUlp(ulp),
      formatDuration(times.median),
      formatNumber(times.median / elements),
      [times.lowerQuartile, times.upperQuartile].map((t) => formatNumber(t / elements)).join(" … "),
      speedup(baselineResult, result),
      speedup(bestPeer, result),
      ...(memory ? [formatBytes(result.memory)] : []),
    ];
  });
  const title = `${benchmarkCase.section.title}: ${operations[benchmarkCase.operation]} of [${formatShape(benchmarkCase.shape)}]`;
  const notes = failures.map(({ implementation, reason }) => `${implementation} failed: ${reason}`);
  const tables = rows.length === 0 ? [] : [drawTable(memory ? [...head, "allocates"] : head, rows)];
  return ["", title, ...tables, ...notes].join("\n");
}

/** Draws, for each operation of a section, nanoseconds per element by implementation and shape. */
export function sectionTables(
  section: Section,
  results: readonly CaseResult[],
  implementations: readonly ImplementationInfo[],
): string {
  const shapes = distinct(results.map(({ shape }) => formatShape(shape)));
  return distinct(results.map(({ operation }) => operation))
    .map((operation) => {
      const ofOperation = results.filter((result) => result.operation === operation);
      const rows = implementations.flatMap(({ name }) => {
        const own = ofOperation.filter(({ implementation }) => implementation === name);
        if (own.length === 0) return [];
        const times = shapes.map((shape) => {
          const found = own.find((result) => formatShape(result.shape) === shape);
          return found && found.times.median / found.elements;
        });
        const cells = times.map((time) => (time === undefined ? "" : formatNumber(time)));
        return [[name, ...cells, ...(section.growth ? [growth(times)] : [])]];
      });
      const title = `${operations[operation]}, nanoseconds per element`;
      const head = ["", ...shapes, ...(section.growth ? ["last ÷ min"] : [])];
      return `\n${title}\n${drawTable(head, rows)}`;
    })
    .join("\n");
}

/** Returns the time per element of the last shape, relative to the shortest of all. */
function growth(times: readonly (number | undefined)[]): string {
  const known = times.filter((time) => time !== undefined);
  return formatNumber(known[known.length - 1] / Math.min(...known));
}

function fastest(results: readonly CaseResult[]): CaseResult | undefined {
  return results.toSorted((a, b) => a.times.median - b.times.median)[0];
}

function speedup(other: CaseResult | undefined, result: CaseResult): string {
  return other === undefined ? "" : formatNumber(other.times.median / result.times.median);
}

function formatDuration(nanoseconds: number): string {
  if (nanoseconds < 1e3) return `${formatNumber(nanoseconds)} ns`;
  return nanoseconds < 1e6
    ? `${formatNumber(nanoseconds / 1e3)} µs`
    : `${formatNumber(nanoseconds / 1e6)} ms`;
}

function distinct<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}
