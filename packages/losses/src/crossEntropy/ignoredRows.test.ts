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

describe.each(losses)("ignored rows of $name", (loss) => {
  it.each([
    [1, 1],
    [3, 1],
    [10, 1],
    [17, 1],
    [300, 1],
    [10, 0],
    [21, 0],
  ])("leave no trace, whatever they hold: %i classes, axis %i", (classes, axis) => {
    const labels = labelsFor(classes);
    const masked = labels.map((label, r) => (isIgnored(r) ? -100 : label));
    const mask = Uint8Array.from(labels, (_, r) => Number(!isIgnored(r)));
    const usual = makeLogits(classes, axis, () => undefined);
    const special = makeLogits(classes, axis, (row) => anything[row % anything.length]);
    const gradOutput = Float64Array.from(labels, (_, r) => (r % 3) - 1.5);
    const options = { axis, reduction: "none", gradOutput } as const;

    const expected = loss.valueAndGrad(usual, labels, options);
    const expectedValue = loss(usual, labels, { axis, reduction: "none" });
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
    expect(loss(special, masked, { axis, reduction: "none" })).toEqual(expectedValue);
  });
});
