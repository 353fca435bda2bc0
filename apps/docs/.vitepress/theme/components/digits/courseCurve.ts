import type { Progress } from "./setup.ts";

type Course = Pick<Progress, "losses" | "accuracies">;

/** Returns the lines of the loss and the held-out error of each route, over the epochs. */
export function courseCurve(courses: readonly Course[], routes: readonly string[]) {
  const lines = courses.flatMap(({ losses, accuracies }, i) => {
    const of = courses.length > 1 ? `, ${routes[i]}` : "";
    const errors = accuracies.map((accuracy) => 1 - accuracy);
    return [
      { label: `loss${of}`, values: losses, dashed: i > 0 },
      { label: `held-out error${of}`, values: errors, dashed: i > 0 },
    ];
  });
  const epochs = courses[0].losses.length;
  return {
    // A line needs two points.
    lines: lines.map((line) => ({
      ...line,
      values: line.values.length > 1 ? line.values : [...line.values, ...line.values],
    })),
    range: [1, Math.max(2, epochs)] as const,
    at: { x: Math.max(epochs, 1), values: lines.map(({ values }) => values.at(-1) ?? 0) },
  };
}

/** Returns the largest difference between the losses of two routes in one epoch. */
export function largestDifference([first, second]: readonly Course[]): number {
  return Math.max(...first.losses.map((loss, i) => Math.abs(loss - second.losses[i])));
}
