import { tensor } from "@surprisal/core";
import { expect, test } from "vitest";
import { calibrate } from "./calibration.ts";
import { type Digits, PIXELS } from "./data/digits.ts";

/** Digits 0 and 1, of which the first pixel is the logit of digit 0. The logit of digit 1 is 0. */
function digits(logits: readonly number[], labels: readonly number[]): Digits {
  const pixels = new Float32Array(logits.length * PIXELS);
  for (const [i, logit] of logits.entries()) pixels[i * PIXELS] = logit;
  return { pixels: tensor(pixels, [logits.length, PIXELS]), labels: Uint8Array.from(labels) };
}

const classifier = {
  forward({ data, shape: [rows] }: Digits["pixels"]) {
    const logits = new Float32Array(rows * 2);
    for (let r = 0; r < rows; r++) logits[2 * r] = data[r * PIXELS];
    return tensor(logits, [rows, 2]);
  },
};

test("an overconfident classifier becomes honest", () => {
  // In each half it is sure (98 %) three times, and right two times of three: T = 4 / ln 2.
  const { fit, before, after, fitted, judged } = calibrate(
    classifier,
    digits([4, 4, 4, 4, 4, 4], [0, 0, 1, 0, 1, 0]),
  );
  expect({ fitted, judged }).toEqual({ fitted: 3, judged: 3 });
  expect(fit.temperature).toBeCloseTo(4 / Math.LN2, 10);
  expect(before.calibrationError).toBeCloseTo(1 / (1 + Math.exp(-4)) - 2 / 3, 6);
  expect(before.bins.filter(({ count }) => count > 0)).toMatchObject([{ upper: 1, count: 3 }]);
  expect(after?.calibrationError).toBeCloseTo(0, 6);
  expect(after?.loss).toBeCloseTo(Math.log(3) - (2 / 3) * Math.LN2, 6);
  expect(after?.loss).toBeLessThan(before.loss);
});

test("the temperature is fitted on the first half alone", () => {
  const { fit, before, after } = calibrate(classifier, digits([4, 4, 4, 4], [0, 1, 0, 0]));
  expect(fit.limit).toBe("the logits say nothing");
  expect(before.bins.find(({ count }) => count > 0)?.accuracy).toBe(1);
  expect(after).toBeUndefined();
});
