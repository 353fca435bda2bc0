import { type Accuracy, accuracyOperations, gridKinds } from "../accuracy.ts";
import type { Contestant } from "../contestants/contestant.ts";
import { operations } from "../problem.ts";
import { table, ulps } from "./table.ts";

/** For each operation: everyone's greatest error by the number of classes, and where it is. */
export function accuracyTables(
  accuracies: readonly Accuracy[],
  contestants: readonly Contestant[],
): string {
  const sizes = [...new Set(accuracies.map(({ classes }) => classes))];
  return accuracyOperations
    .flatMap((operation) => {
      const rows = contestants.flatMap(({ name }) => {
        const own = accuracies.filter((a) => a.contestant === name && a.operation === operation);
        const cells = sizes.map((size) => {
          const found = own.find(({ classes }) => classes === size);
          return found === undefined ? "" : ulps(found.ulp, false);
        });
        return own.length === 0 ? [] : [[name, ...cells, worstKinds(own)]];
      });
      const head = ["", ...sizes.map((size) => `${size}`), "worst rows"];
      return rows.length === 0
        ? []
        : `\nAccuracy of ${operations[operation]}: max ulp by number of classes\n${table(head, rows)}`;
    })
    .join("\n");
}

/** The kinds of rows with the greatest errors, over all sizes. */
function worstKinds(own: readonly Accuracy[]): string {
  return gridKinds
    .map((kind, i) => ({ kind, ulp: Math.max(...own.map(({ ulps }) => ulps[i])) }))
    .filter(({ ulp }) => ulp > 0)
    .sort((a, b) => (a.ulp === b.ulp ? 0 : b.ulp - a.ulp))
    .slice(0, 2)
    .map(({ kind }) => kind)
    .join("; ");
}
