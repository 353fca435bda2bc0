import type { Tensor } from "@surprisal/core";
import { describe, expect, it } from "vitest";
import { focalLoss } from "../focalLoss/focalLoss.ts";
import { crossEntropy } from "./crossEntropy.ts";

/** A loss with a kernel, and a function of it. Both take the same options here. */
const losses = [crossEntropy, focalLoss as typeof crossEntropy];

/** Kernels compute four rows side by side: all patterns of ignored rows among four, one after another. */
const rows = 64;
const isIgnored = (row: number) => ((row >> 2) & (1 << (row & 3))) !== 0;

/** What ignored rows hold, in turn. */
const anything = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 3e38, -0, 1];

const labelsFor = (classes: number) => Int32Array.from({ length: rows }, (_, r) => r % classes);

/** Logits of shape [64, classes], or with the rows along axis 0. */
function makeLogits(classes: number, axis: number, ofIgnored: (row: number) => number | undefined) {
  const shape = axis === 1 ? [rows, classes] : [classes, rows];
  const data = new Float32Array(rows * classes);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < classes; c++) {
      const special = isIgnored(r) && c === r % classes ? ofIgnored(r) : undefined;
      data[axis === 1 ? r * classes + c : c * rows + r] = special ?? 2 * Math.sin(r * classes + c);
    }
  }
  return { data, shape };
}

/** Numbers of classes with the axis of the classes. */
const sizes = [
  [1, 1],
  [3, 1],
  [10, 1],
  [17, 1],
  [300, 1],
  [10, 0],
  [21, 0],
] as const;

const options = [
  {},
  { labelSmoothing: 0.1 },
  { zLoss: 0.01 },
  { weight: true },
  { labelSmoothing: 0.1, zLoss: 0.01, weight: true },
];

/** Returns options with one weight per class, if they ask for weights. */
const withWeight = ({ weight, ...others }: { weight?: boolean }, classes: number) =>
  weight ? { ...others, weight: Array.from({ length: classes }, (_, c) => 0.5 + c) } : others;

const cases = losses.flatMap((loss) =>
  (loss === crossEntropy ? options : [{}]).flatMap((given) =>
    sizes.map(([classes, axis]) => ({ loss, given, classes, axis })),
  ),
);

describe("ignored rows", () => {
  it.each(cases)(
    "of $loss.name leave no trace: $given, $classes classes, axis $axis",
    ({ loss, given, classes, axis }) => {
      const labels = labelsFor(classes);
      const masked = labels.map((label, r) => (isIgnored(r) ? -100 : label));
      const mask = Uint8Array.from(labels, (_, r) => Number(!isIgnored(r)));
      const usual = makeLogits(classes, axis, () => undefined);
      const special = makeLogits(classes, axis, (row) => anything[row % anything.length]);
      const gradOutput = Float64Array.from(labels, (_, r) => (r % 3) - 1.5);
      const common = { ...withWeight(given, classes), axis, reduction: "none" } as const;
      const options = { ...common, gradOutput };

      const expected = loss.valueAndGrad(usual, labels, options);
      const expectedValue = loss(usual, labels, common);
      for (let r = 0; r < rows; r++) {
        if (!isIgnored(r)) continue;
        (expected.value as Tensor).data[r] = 0;
        (expectedValue as Tensor).data[r] = 0;
        for (let c = 0; c < classes; c++) {
          expected.grad.data[axis === 1 ? r * classes + c : c * rows + r] = 0;
        }
      }
      // `toEqual` tells 0 from −0.
      expect(loss.valueAndGrad(special, masked, options)).toEqual(expected);
      expect(loss.valueAndGrad(special, labels, { ...options, sampleWeight: mask })).toEqual(
        expected,
      );
      expect(loss(special, masked, common)).toEqual(expectedValue);
    },
  );

  it.each(sizes.slice(1))(
    "of class probabilities leave no trace: %i classes, axis %i",
    (classes, axis) => {
      const mask = Uint8Array.from({ length: rows }, (_, r) => Number(!isIgnored(r)));
      const usual = makeLogits(classes, axis, () => undefined);
      const special = makeLogits(classes, axis, (row) => anything[row % anything.length]);
      const probabilities = { shape: usual.shape, data: usual.data.map((x) => x * x) };
      const options = { axis, reduction: "none", labelSmoothing: 0.1 } as const;
      const all = crossEntropy.valueAndGrad(usual, probabilities, options);
      const weighted = { ...options, sampleWeight: mask };
      const { value, grad } = crossEntropy.valueAndGrad(special, probabilities, weighted);
      const rowOf = (i: number) => (axis === 1 ? Math.floor(i / classes) : i % rows);
      const keep = (x: number, row: number) => (isIgnored(row) ? 0 : x);
      expect((value as Tensor).data).toEqual((all.value as Tensor).data.map(keep));
      expect(grad.data).toEqual(all.grad.data.map((x, i) => keep(x, rowOf(i))));
    },
  );
});
