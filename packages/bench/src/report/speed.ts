import type { Contestant } from "../contestants/contestant.ts";
import { operations, showShape } from "../problem.ts";
import type { Failure, Heat, Result } from "../race.ts";
import { type Section, yardstick } from "../sections.ts";
import { bytes, figures, table, ulps } from "./table.ts";

/** One heat: everyone's error, time and spread, and how many times as fast as the rivals they are. */
export function heatTable(heat: Heat, results: readonly Result[], failures: readonly Failure[]) {
  const kindOf = new Map(heat.contestants.map(({ name, kind }) => [name, kind]));
  const peer = fastest(results.filter(({ contestant }) => kindOf.get(contestant) === "JavaScript"));
  const pytorch = results.find(({ contestant }) => contestant === yardstick);
  const { memory } = heat.section;
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
    const { contestant, ulp, wrong, times, elements } = result;
    return [
      contestant,
      ulps(ulp, wrong),
      duration(times.median),
      figures(times.median / elements),
      [times.lowerQuartile, times.upperQuartile].map((t) => figures(t / elements)).join(" … "),
      speedUp(pytorch, result),
      speedUp(peer, result),
      ...(memory ? [bytes(result.memory)] : []),
    ];
  });
  const title = `${heat.section.title}: ${operations[heat.operation]} of [${showShape(heat.shape)}]`;
  const notes = failures.map(({ contestant, reason }) => `${contestant} failed: ${reason}`);
  const drawn = rows.length === 0 ? [] : [table(memory ? [...head, "allocates"] : head, rows)];
  return ["", title, ...drawn, ...notes].join("\n");
}

/** A section at a glance: nanoseconds per element of everyone on every shape. */
export function overview(
  section: Section,
  results: readonly Result[],
  contestants: readonly Contestant[],
): string {
  const shapes = distinct(results.map(({ shape }) => showShape(shape)));
  return distinct(results.map(({ operation }) => operation))
    .map((operation) => {
      const ofOperation = results.filter((result) => result.operation === operation);
      const rows = contestants.flatMap(({ name }) => {
        const own = ofOperation.filter(({ contestant }) => contestant === name);
        if (own.length === 0) return [];
        const times = shapes.map((shape) => {
          const found = own.find((result) => showShape(result.shape) === shape);
          return found && found.times.median / found.elements;
        });
        const cells = times.map((time) => (time === undefined ? "" : figures(time)));
        return [[name, ...cells, ...(section.growth ? [growth(times)] : [])]];
      });
      const title = `${operations[operation]}, nanoseconds per element`;
      const head = ["", ...shapes, ...(section.growth ? ["last ÷ least"] : [])];
      return `\n${title}\n${table(head, rows)}`;
    })
    .join("\n");
}

/** How many times the best time per element the largest shape takes. */
function growth(times: readonly (number | undefined)[]): string {
  const known = times.filter((time) => time !== undefined);
  return figures(known[known.length - 1] / Math.min(...known));
}

function fastest(results: readonly Result[]): Result | undefined {
  return results.toSorted((a, b) => a.times.median - b.times.median)[0];
}

function speedUp(rival: Result | undefined, result: Result): string {
  return rival === undefined ? "" : figures(rival.times.median / result.times.median);
}

function duration(nanoseconds: number): string {
  if (nanoseconds < 1e3) return `${figures(nanoseconds)} ns`;
  return nanoseconds < 1e6
    ? `${figures(nanoseconds / 1e3)} µs`
    : `${figures(nanoseconds / 1e6)} ms`;
}

function distinct<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}
