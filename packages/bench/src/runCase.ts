import { measure, type SamplingPlan } from "@surprisal/testing/benchmark";
import {
  computeReference,
  expectedAnswer,
  maxErrorUlp,
  type ReferenceValues,
  wrongThreshold,
} from "./expected.ts";
import { matches } from "./filter.ts";
import type { Implementation, Task } from "./implementations/implementation.ts";
import {
  type Data,
  formatShape,
  layoutOf,
  type Operation,
  operations,
  type Problem,
  randomData,
} from "./problem.ts";
import type { CaseFailure, CaseResult } from "./record.ts";
import { isIncluded, type Section } from "./sections.ts";

/** One operation on one shape, for all implementations that are compared. */
export interface BenchmarkCase {
  readonly section: Section;
  readonly operation: Operation;
  readonly shape: readonly number[];
  readonly axis: number;
  readonly implementations: readonly Implementation[];
}

/** Returns the cases of all sections that match the filters. */
export function listCases(
  sections: readonly Section[],
  implementations: readonly Implementation[],
  filters: readonly string[],
): BenchmarkCase[] {
  const cases = sections.flatMap((section) =>
    section.shapes.flatMap(({ shape, axis }) =>
      section.operations.map((operation) => ({
        section,
        operation,
        shape,
        axis,
        implementations: implementations.filter((implementation) => {
          const names = [section.name, operation, operations[operation], implementation.name];
          return (
            isIncluded(section, implementation) && matches(filters, [...names, shape.join("x")])
          );
        }),
      })),
    ),
  );
  return cases.filter((each) => each.implementations.length > 0);
}

/** Data and reference of the previous case: cases on the same data follow each other. */
let cached: { data: Data; reference: ReferenceValues; change: Section["changeLogit"] } | undefined;

function dataOf({ section: { changeLogit: change }, shape, axis }: BenchmarkCase) {
  const isSame =
    cached?.change === change && formatShape(cached?.data.shape ?? []) === formatShape(shape);
  if (cached === undefined || !isSame) {
    const random = randomData({ shape, axis });
    const data = change ? { ...random, logits: random.logits.map(change) } : random;
    cached = { data, reference: computeReference(data), change };
  }
  return cached;
}

/** Checks the answer of each implementation, then times them. */
export async function runCase(benchmarkCase: BenchmarkCase, sampling: SamplingPlan) {
  const { section, operation, implementations } = benchmarkCase;
  const { data, reference } = dataOf(benchmarkCase);
  const { shape, axis } = data;
  const problem: Problem = { ...data, operation, reduction: "mean" };
  const expected = expectedAnswer(problem, reference);
  const about = { section: section.name, operation, shape };
  const ready: { implementation: string; task: Task; ulp: number; memory?: number }[] = [];
  const failures: CaseFailure[] = [];
  for (const { name, prepare } of implementations) {
    try {
      const task = await prepare(problem);
      if (task === undefined) continue;
      const ulp = maxErrorUlp(await task.answer(), expected);
      const memory = section.memory ? await task.memory?.() : undefined;
      ready.push({ implementation: name, task, ulp, memory });
    } catch (error) {
      failures.push({ ...about, implementation: name, reason: String(error) });
    }
  }
  const times = await measure(
    ready.map(({ task }) => task),
    sampling,
  );
  for (const { task } of ready) await task.release?.();
  const { elements } = layoutOf(data);
  const results = ready.map(
    ({ implementation, ulp, memory }, i): CaseResult => ({
      ...about,
      axis,
      elements,
      implementation,
      ulp,
      wrong: !(ulp < wrongThreshold),
      times: times[i],
      memory,
    }),
  );
  return { results, failures };
}
