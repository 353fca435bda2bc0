import Table from "cli-table3";
import { type Difference, typicalTimes } from "../comparison.ts";
import type { Run } from "../training.ts";

/** A model that was trained by each route: the reference run, and the others. */
export interface Result {
  readonly model: string;
  readonly reference: Run;
  readonly others: readonly { readonly run: Run; readonly difference: Difference }[];
}

const EPOCHS_PER_ROW = 5;

/** Draws loss and held-out accuracy of each route, for the first, each fifth and the last epoch. */
export function courseTable({ reference, others }: Result): string {
  const runs = [...others.map(({ run }) => run), reference];
  const last = reference.epochs.length;
  const rows: string[][] = [];
  for (let epoch = 1; epoch <= last; epoch++) {
    if (epoch !== 1 && epoch !== last && epoch % EPOCHS_PER_ROW !== 0) continue;
    const cells = runs.map(({ epochs }) => {
      const { loss, accuracy } = epochs[epoch - 1];
      return `${loss.toFixed(6)}  ${percent(accuracy).padStart(8)}`;
    });
    rows.push([String(epoch), ...cells]);
  }
  return table(["epoch", ...runs.map(({ route }) => `${route.name}\nloss  held-out`)], rows);
}

/** Draws the times of each route, and its differences from the reference. */
export function routeTable({ reference, others }: Result): string {
  const { name } = reference.route;
  const times = ["time per\nepoch", "of it for\nthe loss"];
  const gaps = ["loss\noff by", "weight\noff by", "answers\noff"];
  const rows = others.map(({ run, difference: { loss, weight, answers } }) => [
    ...costs(run),
    tiny(loss),
    tiny(weight),
    String(answers),
  ]);
  const figures = table(["", ...times, ...gaps], [...rows, [...costs(reference), "", "", ""]]);
  return `${figures}\nTimes are medians. The loss includes its gradient.\nOff by: the largest difference from ${name}.`;
}

function costs(run: Run): string[] {
  const { all, loss } = typicalTimes(run);
  return [run.route.name, `${all.toFixed(1)} ms`, `${loss.toFixed(2)} ms`];
}

/** Returns the conclusion from the numbers of all models, in words. */
export function conclusion(results: readonly Result[]): string {
  const scores = results.map(({ model, reference }) => {
    const { accuracy } = reference.epochs[reference.epochs.length - 1];
    return `${percent(accuracy)} with ${model}`;
  });
  const differences = results.flatMap(({ others }) => others.map((other) => other.difference));
  const largest = (key: keyof Difference) => Math.max(...differences.map((d) => d[key]));
  const slowdowns = differences.map(({ slowdown }) => slowdown);
  const { name } = results[0].reference.route;
  return [
    `Learned with ${name}, held-out digits are read correctly:`,
    `${scores.join(", ")}.`,
    `The other routes are off by at most ${tiny(largest("loss"))} in a loss, ${tiny(largest("weight"))} in a weight and`,
    `${largest("answers")} in the answers; for the loss they took ${Math.min(...slowdowns).toFixed(1)} to ${Math.max(...slowdowns).toFixed(1)} times as long.`,
  ].join("\n");
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function tiny(value: number): string {
  return value === 0 ? "0" : value.toExponential(1);
}

export function table(head: string[], rows: string[][]): string {
  // Without colours the report is the same in a terminal, in a file and in a log.
  const style = { head: [], border: [], compact: true };
  const table = new Table({ head, colAligns: head.map(() => "right"), style });
  table.push(...rows);
  return table.toString();
}
