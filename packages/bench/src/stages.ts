import { type Accuracy, accuracyOf, accuracyOperations, gridOf } from "./accuracy.ts";
import type { Contestant } from "./contestants/contestant.ts";
import { matches } from "./filter.ts";
import { operations, showShape } from "./problem.ts";
import { type Failure, heatsOf, type Result, race } from "./race.ts";
import { accuracyTables } from "./report/accuracy.ts";
import { type Progress, startProgress } from "./report/progress.ts";
import { sizeTable } from "./report/size.ts";
import { heatTable, overview } from "./report/speed.ts";
import type { Plan } from "./sections.ts";
import { sizes } from "./size.ts";

type Contestants = readonly Contestant[];
type Filters = readonly string[];

/** Races everyone on everything, prints a table after each heat and the sections at a glance. */
export async function speedStage(
  { sections, effort }: Plan,
  contestants: Contestants,
  filters: Filters,
) {
  const heats = heatsOf(sections, contestants, filters);
  if (heats.length === 0) return { results: [], failures: [] };
  const results: Result[] = [];
  const failures: Failure[] = [];
  await withProgress(heats.length, async (progress) => {
    for (const heat of heats) {
      progress.show(`${operations[heat.operation]} of [${showShape(heat.shape)}]`);
      const found = await race(heat, effort);
      progress.advance();
      if (found.results.length + found.failures.length === 0) continue;
      progress.print(heatTable(heat, found.results, found.failures));
      results.push(...found.results);
      failures.push(...found.failures);
    }
  });
  for (const section of sections) {
    const own = results.filter((result) => result.section === section.name);
    if (own.length > 0) console.log(`\n${section.title}${overview(section, own, contestants)}`);
  }
  return { results, failures };
}

/** Measures everyone's errors on the grid and prints them. */
export async function accuracyStage(
  { classes }: Plan,
  contestants: Contestants,
  filters: Filters,
): Promise<Accuracy[]> {
  const wanted = accuracyOperations.flatMap((operation) =>
    contestants
      .filter(({ name }) => matches(filters, ["accuracy", operation, operations[operation], name]))
      .map((contestant) => ({ contestant, operation })),
  );
  if (wanted.length === 0) return [];
  const accuracies: Accuracy[] = [];
  await withProgress(classes.length * wanted.length, async (progress) => {
    for (const size of classes) {
      const grid = gridOf(size);
      for (const { contestant, operation } of wanted) {
        progress.show(`accuracy of ${contestant.name}`);
        try {
          const accuracy = await accuracyOf(contestant, operation, grid);
          if (accuracy !== undefined) accuracies.push(accuracy);
        } catch (error) {
          const problem = `${operations[operation]} of ${size} classes`;
          progress.print(`Accuracy: ${contestant.name} failed in ${problem}: ${error}`);
        }
        progress.advance();
      }
    }
  });
  console.log(accuracyTables(accuracies, contestants));
  return accuracies;
}

/** Bundles everyone and prints what that costs. */
export async function sizeStage(filters: Filters) {
  if (!matches(filters, ["size"])) return [];
  const found = await sizes();
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
