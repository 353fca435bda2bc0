import type { Results } from "./results.ts";

export const accuracyOperations = {
  softmax: "softmax",
  logSoftmax: "logSoftmax",
  crossEntropy: "cross-entropy, each row",
  crossEntropyGradient: "gradient of cross-entropy",
  logOfSoftmax: "log(softmax), for comparison",
};

/** The most ulp that we promise for each. */
export const promised: Readonly<Record<string, number | undefined>> = {
  softmax: 7,
  logSoftmax: 5,
  crossEntropy: 4,
  crossEntropyGradient: 7,
};

/** The scale that holds an operation's finite errors: from a tenth of an ulp to a power of ten. */
export function scaleOf({ accuracy }: Results, operation: string): [low: number, high: number] {
  const finite = accuracy
    .filter((one) => one.operation === operation)
    .map(({ ulp }) => Number(ulp))
    .filter(Number.isFinite);
  return [0.1, 10 ** Math.ceil(Math.log10(Math.max(10, ...finite)))];
}

/** Those that copy and those that do not compute alike: one of them is shown. */
function isShown(contestant: string): boolean {
  return !contestant.includes("allocated") && contestant !== "PyTorch, 2 threads";
}

export function classesOf({ accuracy }: Results): number[] {
  return [...new Set(accuracy.map(({ classes }) => classes))];
}

/** Everyone's greatest error on any kind of row. */
export function worst({ accuracy }: Results, operation: string, classes: number) {
  return accuracy
    .filter((one) => one.operation === operation && one.classes === classes)
    .filter(({ contestant }) => isShown(contestant))
    .map(({ contestant, ulp }) => ({ contestant, ulp: round(Number(ulp)) }));
}

/** Everyone's greatest errors on each kind of row, over all sizes. */
export function byKind({ accuracy, gridKinds }: Results, operation: string) {
  const found = accuracy.filter((one) => one.operation === operation);
  const contestants = [...new Set(found.map(({ contestant }) => contestant))].filter(isShown);
  const greatest = (contestant: string, kind: number) =>
    Math.max(
      ...found.filter((one) => one.contestant === contestant).map(({ ulps }) => Number(ulps[kind])),
    );
  return {
    contestants,
    rows: gridKinds.map((kind, i) => ({
      kind,
      ulps: contestants.map((contestant) => round(greatest(contestant, i))),
    })),
  };
}

function round(ulp: number): number {
  return Number(ulp.toPrecision(2));
}
