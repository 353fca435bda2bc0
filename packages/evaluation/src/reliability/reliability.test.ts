import { describe, expect, it } from "vitest";
import { reliability } from "./reliability.ts";

describe("reliability", () => {
  const probabilities = [0.55, 0.65, 0.75, 0.85, 0.95, 1].map((p) => [p, 1 - p]);
  const labels = [0, 1, 0, 0, 1, 0];
  const options = { probabilities: true };

  it("covers the interval from 0 to 1 with bins of equal width", () => {
    const bins = reliability(probabilities, labels, { ...options, bins: 4 });
    expect(bins.map(({ lower, upper }) => [lower, upper])).toEqual([
      [0, 0.25],
      [0.25, 0.5],
      [0.5, 0.75],
      [0.75, 1],
    ]);
    expect(bins.map(({ count }) => count)).toEqual([0, 0, 3, 3]);
    expect(bins[0].accuracy).toBeNaN();
  });

  it("puts a confidence on an edge into the lower bin", () => {
    const bins = reliability([[0.5, 0.5]], [0], { ...options, bins: 2 });
    expect(bins.map(({ count }) => count)).toEqual([1, 0]);
  });

  it("fills quantile bins alike", () => {
    const bins = reliability(probabilities, labels, { ...options, bins: 3, binning: "quantile" });
    expect(bins.map(({ count }) => count)).toEqual([2, 2, 2]);
    expect(bins[0].lower).toBe(0.55);
    expect(bins[2].upper).toBe(1);
  });

  it("puts equal confidences into one bin, however many they are", () => {
    const rows = Array.from({ length: 9 }, () => [0.8, 0.2]);
    const bins = reliability(rows, Array(9).fill(0), { ...options, bins: 3, binning: "quantile" });
    expect(bins.map(({ count }) => count)).toEqual([9, 0, 0]);
  });
});

it("fills quantile bins alike whatever the scale of the weights", () => {
  const rows = Array.from({ length: 12 }, (_, i) => [0.5 + i / 30, 0.5 - i / 30]);
  const countsOf = (weights: readonly number[], bins: number) => {
    const sum = weights.reduce((a, b) => a + b);
    return reliability(rows, Array(12).fill(0), {
      probabilities: true,
      binning: "quantile",
      bins,
      sampleWeight: weights,
    }).map(({ count }) => (12 * count) / sum);
  };
  for (const scale of [1e-3, 0.1, 1 / 12, 0.3, 7.7]) {
    for (const bins of [2, 3, 4, 6]) {
      for (const count of countsOf(Array(12).fill(scale), bins))
        expect(count).toBeCloseTo(12 / bins, 12);
    }
    const uneven = Array.from({ length: 12 }, (_, i) => scale * (i < 6 ? 0.5 : 1.5));
    // Half of the weight is in the last four predictions.
    expect(countsOf(uneven, 2)[0]).toBeCloseTo(6, 12);
  }
});
