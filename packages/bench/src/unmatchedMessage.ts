import { selectAccuracy } from "./accuracy.ts";
import { matches } from "./filter.ts";
import type { Implementation } from "./implementations/implementation.ts";
import { listCases } from "./runCase.ts";
import type { Section } from "./sections.ts";

/** Returns an error message with the names that there are if nothing matches the filters. */
export function unmatchedMessage(
  sections: readonly Section[],
  implementations: readonly Implementation[],
  filters: readonly string[],
): string | undefined {
  const isMatched =
    matches(filters, ["size"]) ||
    listCases(sections, implementations, filters).length > 0 ||
    selectAccuracy(implementations, filters).length > 0;
  if (isMatched) return undefined;
  const given = filters.map((filter) => `--filter ${JSON.stringify(filter)}`).join(" ");
  const operations = new Set(sections.flatMap((section) => section.operations));
  return [
    `Nothing matches ${given}. There are:`,
    `sections: ${[...sections.map(({ name }) => name), "accuracy", "size"].join(", ")}`,
    `operations: ${[...operations].join(", ")}`,
    `implementations: ${implementations.map(({ name }) => name).join("; ")}`,
  ].join("\n");
}
