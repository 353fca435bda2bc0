import type { Contestant } from "./contestants/contestant.ts";
import type { Effort } from "./measure.ts";
import { type Operation, type Shape, withAxis } from "./problem.ts";

/** Operations that are raced on shapes. */
export interface Section {
  readonly name: string;
  readonly title: string;
  readonly operations: readonly Operation[];
  readonly shapes: readonly Shape[];
  readonly memory?: boolean;
  /** Shows how the time per element grows, of ourselves and one rival. */
  readonly growth?: boolean;
}

/** The rival that times are compared with. */
export const yardstick = "PyTorch, 1 thread";

export interface Plan {
  readonly effort: Effort;
  readonly sections: readonly Section[];
  /** The numbers of classes that accuracy is measured for. */
  readonly classes: readonly number[];
}

const routes: readonly Operation[] = [
  "logOfSoftmax",
  "logSoftmax",
  "softmaxLogNll",
  "logSoftmaxNll",
  "crossEntropy",
  "softmaxLogNllGradient",
  "logSoftmaxNllGradient",
  "crossEntropyGradient",
];

const growing: readonly Operation[] = ["softmax", "crossEntropy", "crossEntropyGradient"];

interface Extent {
  readonly effort: Effort;
  readonly speed: readonly (readonly number[])[];
  readonly routes: readonly (readonly number[])[];
  readonly batches: readonly number[];
  readonly growingClasses: readonly number[];
  readonly growingRows: readonly number[];
  readonly classes: readonly number[];
}

const full: Extent = {
  effort: { rounds: 21, warmUpMilliseconds: 100, turnMilliseconds: 10 },
  speed: [
    [1, 10],
    [32, 10],
    [65536, 10],
    [4096, 50],
    [128, 1000],
    [32, 32000],
    [16, 128256],
    [8, 21, 128, 128],
  ],
  routes: [
    [65536, 10],
    [128, 1000],
    [32, 32000],
  ],
  batches: [64, 256, 1024, 4096],
  growingClasses: [10, 100, 1000, 10000, 131072],
  growingRows: [1, 16, 256, 4096, 65536],
  classes: [1, 2, 3, 10, 1000, 50257, 131072],
};

const quick: Extent = {
  effort: { rounds: 5, warmUpMilliseconds: 10, turnMilliseconds: 1 },
  speed: [
    [1, 10],
    [128, 1000],
    [2, 21, 32, 32],
  ],
  routes: [[128, 1000]],
  batches: [64, 512],
  growingClasses: [10, 10000],
  growingRows: [1, 1024],
  classes: [1, 2, 3, 10, 1000],
};

export function takesPart({ growth }: Section, { name, kind }: Contestant): boolean {
  return !growth || kind === "ours" || name === yardstick;
}

/** What is measured; `shapes` stand in for those of speed and routes. */
export function planOf(isQuick: boolean, shapes?: readonly (readonly number[])[]): Plan {
  const extent = isQuick ? quick : full;
  const growth = (name: string, title: string, sizes: number[][]): Section => ({
    name,
    title,
    operations: growing,
    shapes: sizes.map(withAxis),
    growth: true,
  });
  return {
    effort: extent.effort,
    classes: extent.classes,
    sections: [
      {
        name: "speed",
        title: "Speed",
        operations: ["softmax", "logSoftmax", "crossEntropy", "crossEntropyGradient"],
        shapes: (shapes ?? extent.speed).map(withAxis),
      },
      {
        name: "routes",
        title: "Routes to the same loss",
        operations: routes,
        shapes: (shapes ?? extent.routes).map(withAxis),
      },
      {
        name: "gather",
        title: "One value per row of 1000: gathered, or the diagonal of the gathered matrix",
        operations: ["gather", "diagonal"],
        shapes: extent.batches.map((rows) => withAxis([rows, 1000])),
        memory: true,
      },
      growth(
        "growth of classes",
        "Growth with the number of classes",
        extent.growingClasses.map((classes) => [16, classes]),
      ),
      growth(
        "growth of rows",
        "Growth with the number of rows",
        extent.growingRows.map((rows) => [rows, 50]),
      ),
    ],
  };
}
