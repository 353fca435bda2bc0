import { makeGrid, measureAccuracy, selectAccuracy } from "./accuracy.ts";
import { matches } from "./filter.ts";
import type { Implementation } from "./implementations/implementation.ts";
import { formatShape, operations } from "./problem.ts";
import type { Accuracy, CaseFailure, CaseResult } from "./record.ts";
import { accuracyTables } from "./report/accuracy.ts";
import { type Progress, startProgress } from "./report/progress.ts";
import { sizeTable } from "./report/size.ts";
import { caseTable, sectionTables } from "./report/speed.ts";
import { listCases, runCase } from "./runCase.ts";
import type { Plan } from "./sections.ts";
import { measureSizes } from "./size.ts";

type Implementations = readonly Implementation[];
type Filters = readonly string[];

/** Runs all cases; prints a table after each case, and a summary of each section at the end. */
export async function speedStage(
  { sections, sampling }: Plan,
  implementations: Implementations,
  filters: Filters,
) {
  const cases = listCases(sections, implementations, filters);
  if (cases.length === 0) return { results: [], failures: [] };
  const results: CaseResult[] = [];
  const failures: CaseFailure[] = [];
  await withProgress(cases.length, async (progress) => {
    for (const benchmarkCase of cases) {
      const { operation, shape, section } = benchmarkCase;
      progress.show(`${operations[operation]} of [${formatShape(shape)}]`);
      const rounds = Math.min(sampling.rounds, section.rounds ?? Infinity);
      const found = await runCase(benchmarkCase, { ...sampling, rounds });
      progress.advance();
      if (found.results.length + found.failures.length === 0) continue;
      progress.print(caseTable(benchmarkCase, found.results, found.failures));
      results.push(...found.results);
      failures.push(...found.failures);
    }
  });
  for (const section of sections) {
    const own = results.filter((result) => result.section === section.name);
    if (own.length > 0)
      console.log(`\n${section.title}${sectionTables(section, own, implementations)}`);
  }
  return { results, failures };
}

/** Measures the errors of all implementations on the grid and prints them. */
export async function accuracyStage(
  { classes }: Plan,
  implementations: Implementations,
  filters: Filters,
): Promise<Accuracy[]> {
  const selected = selectAccuracy(implementations, filters);
  if (selected.length === 0) return [];
  const accuracies: Accuracy[] = [];
  await withProgress(classes.length * selected.length, async (progress) => {
    for (const size of classes) {
      const grid = makeGrid(size);
      for (const { implementation, operation } of selected) {
        progress.show(`accuracy of ${implementation.name}`);
        try {
          const accuracy = await measureAccuracy(implementation, operation, grid);
          if (accuracy !== undefined) accuracies.push(accuracy);
        } catch (error) {
          const problem = `${operations[operation]} of ${size} classes`;
          progress.print(`Accuracy: ${implementation.name} failed in ${problem}: ${error}`);
        }
        progress.advance();
      }
    }
  });
  console.log(accuracyTables(accuracies, implementations));
  return accuracies;
}

/** Bundles the libraries and prints the sizes. */
export async function sizeStage(filters: Filters) {
  if (!matches(filters, ["size"])) return [];
  const found = await measureSizes();
  console.log(sizeTable(found));
  return found;
}

async function withProgress(total: number, work: (progress: Progress) => Promise<void>) {
  const progress = startProgress(total);
  try {
    await work(progress);
  } finally {
    progress.stop();
  }
}
