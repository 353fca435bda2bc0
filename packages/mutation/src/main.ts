// Mutates the losses group by group, and prints the mutants that no test has found.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { MutantResult } from "@stryker-mutator/api/core";
import { groups, losses } from "./groups.ts";
import { mutateGroup } from "./mutateGroup.ts";

const names = process.argv.slice(2).filter((argument) => argument !== "--");
const chosen = groups.filter(({ name }) => names.length === 0 || names.includes(name));
const unknownName = names.find((name) => !chosen.some((group) => group.name === name));
if (unknownName !== undefined) {
  console.error(
    `There is no group "${unknownName}", expected ${groups.map((group) => group.name).join(", ")}.`,
  );
  process.exit(1);
}

for (const group of chosen) {
  const results = await mutateGroup(group);
  const count = (...statuses: MutantResult["status"][]) =>
    results.filter(({ status }) => statuses.includes(status)).length;
  const found = count("Killed", "Timeout", "RuntimeError");
  const missed = count("Survived", "NoCoverage");
  for (const result of results) if (isMissed(result)) console.log(describeMutant(result));
  const score = (100 * found) / (found + missed);
  console.log(
    `${group.name}: ${found + missed} mutants, ${found} found, ${missed} missed: ${score.toFixed(1)} %\n`,
  );
}

function isMissed({ status }: MutantResult): boolean {
  return status === "Survived" || status === "NoCoverage";
}

/** Shows the lines of a mutant, and what stands in their place. */
function describeMutant({
  fileName,
  location,
  replacement,
  status,
  mutatorName,
}: MutantResult): string {
  const { start, end } = location;
  const path = fileName.slice(fileName.indexOf("src/"));
  const lines = readFileSync(join(losses, path), "utf8").split("\n");
  const original =
    start.line === end.line
      ? lines[start.line - 1].slice(start.column - 1, end.column - 1)
      : `${lines[start.line - 1].slice(start.column - 1)} …`;
  return `${path}:${start.line} ${status} ${mutatorName}\n    ${lines[start.line - 1].trim()}\n    ${original}  →  ${replacement}`;
}
