import { describe, expect, it } from "vitest";
import {
  accuracy,
  brierScore,
  calibrationError,
  confusionMatrix,
  fitTemperature,
  reliability,
} from "../index.ts";

const logits = [
  [2, 1, 0],
  [0, 3, 1],
  [0.5, 0, 0.4],
  [9, 0, 0],
];
const labels = [0, 1, 2, 0];
const weights = [1, 3, 2, 5];

/** Each metric whose result does not depend on the scale of the weights. */
const means: Record<string, (sampleWeight: number[], labels?: number[]) => number> = {
  accuracy: (sampleWeight, t = labels) => accuracy(logits, t, { sampleWeight }),
  brierScore: (sampleWeight, t = labels) => brierScore(logits, t, { sampleWeight }),
  calibrationError: (sampleWeight, t = labels) => calibrationError(logits, t, { sampleWeight }),
  "calibrationError, quantiles": (sampleWeight, t = labels) =>
    calibrationError(logits, t, { sampleWeight, bins: 3, binning: "quantile", norm: 2 }),
  fitTemperature: (sampleWeight, t = labels) =>
    fitTemperature(logits, t, { sampleWeight }).temperature,
};

describe.each(Object.entries(means))("%s", (_, mean) => {
  const expected = mean(weights);

  it.each([2 ** -1074, 2 ** -1030, 2 ** -100, 2 ** 100, 2 ** 1021])(
    "is the same for weights of any scale, %d",
    (unit) => {
      expect(expected).toBeGreaterThan(0);
      expect(mean(weights.map((weight) => weight * unit))).toBeCloseTo(expected, 14);
    },
  );

  it("does not depend on the weights of rows that are ignored", () => {
    const ignored = [0, 1, 2, -100];
    expect(mean([1, 3, 2, 1e308], ignored)).toBe(mean([1, 3, 2, 1], ignored));
    expect(mean([1e-300, 3e-300, 2e-300, 1e308], ignored)).toBeCloseTo(
      mean([1, 3, 2, 1], ignored),
      14,
    );
  });
});

it("weights of one scale have exact counts in bins and in the confusion matrix", () => {
  for (const unit of [2 ** -1074, 1, 2 ** 1019]) {
    const sampleWeight = weights.map((weight) => weight * unit);
    const bins = reliability(logits, labels, { sampleWeight, bins: 2 });
    expect(bins.map(({ count }) => count / unit)).toEqual([2, 9]);
    expect(bins[1].accuracy).toBe(1);
    const { data } = confusionMatrix(logits, labels, { sampleWeight });
    expect([...data].map((count) => count / unit)).toEqual([6, 0, 0, 0, 3, 0, 2, 0, 0]);
  }
});

it.each([1.7e308, 1e300, 1e200, 1e30])(
  "bins of small weights keep them beside a weight of %d",
  (large) => {
    const sampleWeight = [large, 1e-270, 2e-270];
    const two = [
      [3, 0],
      [0, 1],
      [1, 0],
    ];
    const bins = reliability(two, [0, 0, 0], { sampleWeight, bins: 10 });
    expect(bins[7].count).toBe(3e-270);
    expect(bins[7].accuracy).toBeCloseTo(2 / 3, 14);
    expect(bins[7].confidence).toBeCloseTo(1 / (1 + Math.exp(-1)), 14);
    const error = calibrationError(two, [0, 0, 0], { sampleWeight, norm: "max" });
    expect(error).toBeCloseTo(1 / (1 + Math.exp(-1)) - 2 / 3, 14);
  },
);
