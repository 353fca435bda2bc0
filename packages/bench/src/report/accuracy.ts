import { accuracyOperations, gridKinds } from "../accuracy.ts";
import { operations } from "../problem.ts";
import type { Accuracy, ImplementationInfo } from "../record.ts";
import { drawTable, formatUlp } from "./table.ts";

/** Draws, for each operation, the largest errors by number of classes, and the rows that have them. */
export function accuracyTables(
  accuracies: readonly Accuracy[],
  implementations: readonly ImplementationInfo[],
): string {
  const sizes = [...new Set(accuracies.map(({ classes }) => classes))];
  return accuracyOperations
    .flatMap((operation) => {
      const rows = implementations.flatMap(({ name }) => {
        const own = accuracies.filter(
          (a) => a.implementation === name && a.operation === operation,
        );
        const cells = sizes.map((size) => {
          const found = own.find(({ classes }) => classes === size);
          return found === undefined ? "" : formatUlp(found.ulp);
        });
        return own.length === 0 ? [] : [[name, ...cells, worstKinds(own)]];
      });
      const head = ["", ...sizes.map((size) => `${size}`), "worst rows"];
      return rows.length === 0
        ? []
        : `\nAccuracy of ${operations[operation]}: max ulp by number of classes\n${drawTable(head, rows)}`;
    })
    .join("\n");
}

/** Returns the two kinds of rows with the largest errors, over all sizes. */
function worstKinds(own: readonly Accuracy[]): string {
  return gridKinds
    .map((kind, i) => ({ kind, ulp: Math.max(...own.map(({ ulps }) => Number(ulps[i]))) }))
    .filter(({ ulp }) => ulp > 0)
    .sort((a, b) => (a.ulp === b.ulp ? 0 : b.ulp - a.ulp))
    .slice(0, 2)
    .map(({ kind }) => kind)
    .join("; ");
}
