import { readFixtures } from "@surprisal/testing";
import { describe, expect, it } from "vitest";
import {
  accuracy,
  type Bin,
  brierScore,
  calibrationError,
  confusionMatrix,
  fitTemperature,
  reliability,
} from "../src/index.ts";

interface Fixture {
  note: string;
  classes: number;
  logits: number[];
  labels: number[];
  weights: number[];
  topK: Record<string, number>;
  brier: number;
  matrix: number[];
  bins: number;
  /** The accuracies and the mean confidences of the bins that are not empty. */
  width: [number[], number[]];
  quantile: [number[], number[]];
  fit: { temperature: number; nll: number };
}

const fixtures = readFixtures<Fixture>(new URL("fixtures.json.gz", import.meta.url));

describe.each(fixtures)("the classifier that is $note", (fixture) => {
  const { classes, labels, weights: sampleWeight } = fixture;
  const logits = {
    data: Float64Array.from(fixture.logits),
    shape: [labels.length, classes],
  };
  const options = { sampleWeight };

  it("has scikit-learn's accuracy and confusion matrix", () => {
    for (const [k, expected] of Object.entries(fixture.topK)) {
      expect(accuracy(logits, labels, { ...options, topK: Number(k) })).toBeCloseTo(expected, 13);
    }
    const matrix = confusionMatrix(logits, labels, options);
    expect(matrix.shape).toEqual([classes, classes]);
    expect([...matrix.data]).toEqual(fixture.matrix);
  });

  it("has the Brier score of its probabilities", () => {
    expect(brierScore(logits, labels, options)).toBeCloseTo(fixture.brier, 13);
  });

  it.each(["width", "quantile"] as const)("has scikit-learn's calibration curve: %s", (binning) => {
    const binned = { ...options, bins: fixture.bins, binning };
    const bins = reliability(logits, labels, binned).filter(({ count }) => count > 0);
    const [accuracies, confidences] = fixture[binning];
    const expectClose = (values: number[], expected: number[]) => {
      expect(values.length).toBe(expected.length);
      values.forEach((value, i) => {
        expect(value).toBeCloseTo(expected[i], 12);
      });
    };
    expectClose(
      bins.map((bin) => bin.accuracy),
      accuracies,
    );
    expectClose(
      bins.map((bin) => bin.confidence),
      confidences,
    );
    const gaps = accuracies.map((value, b) => Math.abs(value - confidences[b]));
    const shares = bins.map(({ count }: Bin) => count / sum(sampleWeight));
    const mean = sum(gaps.map((gap, b) => shares[b] * gap));
    const square = Math.sqrt(sum(gaps.map((gap, b) => shares[b] * gap * gap)));
    expect(calibrationError(logits, labels, binned)).toBeCloseTo(mean, 12);
    expect(calibrationError(logits, labels, { ...binned, norm: 2 })).toBeCloseTo(square, 12);
    const largest = Math.max(...gaps);
    expect(calibrationError(logits, labels, { ...binned, norm: "max" })).toBeCloseTo(largest, 12);
  });

  it("has the temperature of PyTorch's L-BFGS", () => {
    const { temperature, nllAfter } = fitTemperature(logits, labels, options);
    expect(Math.abs(temperature / fixture.fit.temperature - 1)).toBeLessThan(1e-9);
    expect(Math.abs(nllAfter / fixture.fit.nll - 1)).toBeLessThan(1e-12);
  });
});

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
