import type { Contestant, Task } from "./contestants/contestant.ts";
import { matches } from "./filter.ts";
import { type Effort, measure, type Times } from "./measure.ts";
import {
  type Data,
  type Operation,
  operations,
  ordinaryData,
  type Problem,
  rowsOf,
  showShape,
} from "./problem.ts";
import { type Section, takesPart } from "./sections.ts";
import { errorOf, expected, type Truth, truthOf, wrongFrom } from "./truth.ts";

/** What one contestant did with one problem. */
export interface Result {
  readonly section: string;
  readonly operation: Operation;
  readonly shape: readonly number[];
  readonly axis: number;
  readonly elements: number;
  readonly contestant: string;
  /** The greatest error of its answer, in ulp of float32, found before it was timed. */
  readonly ulp: number;
  readonly wrong: boolean;
  /** Nanoseconds per call. */
  readonly times: Times;
  /** Bytes that a call allocates. */
  readonly memory?: number;
}

/** A contestant that broke off, and why. */
export interface Failure {
  readonly section: string;
  readonly operation: Operation;
  readonly shape: readonly number[];
  readonly contestant: string;
  readonly reason: string;
}

export interface Heat {
  readonly section: Section;
  readonly operation: Operation;
  readonly shape: Data["shape"];
  readonly axis: number;
  readonly contestants: readonly Contestant[];
}

/** Everything that is to be raced: one heat for each operation on each shape of each section. */
export function heatsOf(
  sections: readonly Section[],
  contestants: readonly Contestant[],
  filters: readonly string[],
): Heat[] {
  const heats = sections.flatMap((section) =>
    section.shapes.flatMap(({ shape, axis }) =>
      section.operations.map((operation) => ({
        section,
        operation,
        shape,
        axis,
        contestants: contestants.filter((contestant) => {
          const names = [section.name, operation, operations[operation], contestant.name];
          return takesPart(section, contestant) && matches(filters, [...names, shape.join("x")]);
        }),
      })),
    ),
  );
  return heats.filter((heat) => heat.contestants.length > 0);
}

/** The data of the last shape and what is true of them: heats on one shape follow each other. */
let last: { data: Data; truth: Truth } | undefined;

function dataOf({ shape, axis }: Heat) {
  if (last === undefined || showShape(last.data.shape) !== showShape(shape)) {
    const data = ordinaryData({ shape, axis });
    last = { data, truth: truthOf(data) };
  }
  return last;
}

/** Checks everyone's answer, then lets those who have one race. */
export async function race(heat: Heat, effort: Effort) {
  const { operation, contestants } = heat;
  const { data, truth } = dataOf(heat);
  const { shape, axis } = data;
  const problem: Problem = { ...data, operation, reduction: "mean" };
  const right = expected(problem, truth);
  const about = { section: heat.section.name, operation, shape };
  const ready: { contestant: string; task: Task; ulp: number; memory?: number }[] = [];
  const failures: Failure[] = [];
  for (const { name, prepare } of contestants) {
    try {
      const task = await prepare(problem);
      if (task === undefined) continue;
      const ulp = errorOf(await task.answer(), right);
      const memory = heat.section.memory ? await task.memory?.() : undefined;
      ready.push({ contestant: name, task, ulp, memory });
    } catch (error) {
      failures.push({ ...about, contestant: name, reason: String(error) });
    }
  }
  const times = await measure(
    ready.map(({ task }) => task),
    effort,
  );
  for (const { task } of ready) await task.release?.();
  const { elements } = rowsOf(data);
  const results = ready.map(
    ({ contestant, ulp, memory }, i): Result => ({
      ...about,
      axis,
      elements,
      contestant,
      ulp,
      wrong: !(ulp < wrongFrom),
      times: times[i],
      memory,
    }),
  );
  return { results, failures };
}
