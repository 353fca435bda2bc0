import type { Results } from "./results.ts";

export const accuracyOperations = {
  softmax: "softmax",
  logSoftmax: "logSoftmax",
  crossEntropy: "cross-entropy, each row",
  crossEntropyGradient: "gradient of cross-entropy",
  logOfSoftmax: "log(softmax), for comparison",
};

/** The documented bounds on errors, in ulp. */
export const errorBounds: Readonly<Record<string, number | undefined>> = {
  softmax: 7,
  logSoftmax: 5,
  crossEntropy: 4,
  crossEntropyGradient: 7,
};

/** Returns a scale for the finite errors of an operation: from 0.1 ulp to a power of ten. */
export function errorScale({ accuracy }: Results, operation: string): [low: number, high: number] {
  const finite = accuracy
    .filter((one) => one.operation === operation)
    .map(({ ulp }) => Number(ulp))
    .filter(Number.isFinite);
  return [0.1, 10 ** Math.ceil(Math.log10(Math.max(10, ...finite)))];
}

/** Returns whether an implementation is shown: those with the same errors as another are not. */
function isShown(implementation: string): boolean {
  return !implementation.includes("allocated") && implementation !== "PyTorch, 2 threads";
}

export function classesOf({ accuracy }: Results): number[] {
  return [...new Set(accuracy.map(({ classes }) => classes))];
}

/** Returns the largest error of each implementation on any kind of row. */
export function maxErrors({ accuracy }: Results, operation: string, classes: number) {
  return accuracy
    .filter((one) => one.operation === operation && one.classes === classes)
    .filter(({ implementation }) => isShown(implementation))
    .map(({ implementation, ulp }) => ({ implementation, ulp: round(Number(ulp)) }));
}

/** Returns the largest errors by kind of row and implementation, over all numbers of classes. */
export function maxErrorsByKind({ accuracy, gridKinds }: Results, operation: string) {
  const found = accuracy.filter((one) => one.operation === operation);
  const implementations = [...new Set(found.map(({ implementation }) => implementation))].filter(
    isShown,
  );
  const maxError = (implementation: string, kind: number) =>
    Math.max(
      ...found
        .filter((one) => one.implementation === implementation)
        .map(({ ulps }) => Number(ulps[kind])),
    );
  return {
    implementations,
    rows: gridKinds.map((kind, i) => ({
      kind,
      ulps: implementations.map((implementation) => round(maxError(implementation, i))),
    })),
  };
}

function round(ulp: number): number {
  return Number(ulp.toPrecision(2));
}
