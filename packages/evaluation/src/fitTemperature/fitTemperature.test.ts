import { random } from "@surprisal/testing";
import { describe, expect, it } from "vitest";
import { fitTemperature } from "./fitTemperature.ts";

const ln2 = Math.log(2);

describe("fitTemperature", () => {
  it.each([1e-200, 1e-8, 1, 4, 700, 1e150])(
    "finds the temperature of two rows of three, %d apart",
    (gap) => {
      // p = 2/3 where gap / T = ln 2.
      const rows = [0, 1, 2].map(() => [gap, 0]);
      const { temperature, nllAfter, limit } = fitTemperature(rows, [0, 0, 1]);
      expect(Math.abs((temperature * ln2) / gap - 1)).toBeLessThan(2e-15);
      expect(nllAfter).toBeCloseTo(Math.log(3) - (2 / 3) * ln2, 14);
      expect(limit).toBeUndefined();
    },
  );

  it("finds T, whatever a constant is added to or a factor multiplies the logits with", () => {
    const { uniform, below } = random(3);
    const rows = Array.from({ length: 40 }, () => Array.from({ length: 5 }, () => 6 * uniform()));
    const labels = rows.map(() => below(5));
    labels.forEach((label, r) => {
      rows[r][label] += 4;
    });
    const { temperature } = fitTemperature(rows, labels);
    const scaled = rows.map((row, r) => row.map((x) => 8 * x + r));
    expect(fitTemperature(scaled, labels).temperature / temperature).toBeCloseTo(8, 11);
    const calibrated = rows.map((row) => row.map((x) => x / temperature));
    expect(fitTemperature(calibrated, labels).temperature).toBeCloseTo(1, 12);
  });

  it("says that the loss falls until T = 0 where every row is right", () => {
    const fit = fitTemperature(
      [
        [3, 1, 1],
        [0, 2, 1],
      ],
      [0, 1],
    );
    expect(fit).toMatchObject({ temperature: 0, limit: "every row is right", nllAfter: 0 });
  });

  it("does not call a row right whose label shares the largest logit", () => {
    const fit = fitTemperature(
      [
        [0, 0],
        [1, 0],
      ],
      [1, 0],
    );
    expect(fit).toMatchObject({ temperature: 0, limit: "every row is right or tied" });
    expect(fit.nllAfter).toBeCloseTo(ln2 / 2, 15);
    expect(fit.nllBefore).toBeGreaterThan(fit.nllAfter);
  });

  it("says that the loss falls until T = ∞ where the logits say nothing, or the opposite", () => {
    for (const rows of [[[0, 1]], [[5, 5]].concat([[0, 1]])]) {
      const fit = fitTemperature(
        rows,
        rows.map(() => 0),
      );
      expect(fit.temperature).toBe(Number.POSITIVE_INFINITY);
      expect(fit.limit).toBe("the logits say nothing");
      expect(fit.nllAfter).toBeCloseTo(ln2, 15);
    }
  });

  it("says that the logits say nothing where all classes have the same logit", () => {
    const fit = fitTemperature(
      [
        [1, 1],
        [1, 1],
      ],
      [0, 1],
    );
    expect(fit).toMatchObject({ limit: "the logits say nothing", nllBefore: ln2, nllAfter: ln2 });
  });

  it.each([5, 0.1, 1 / 3])("sees that logits say nothing through rounding: %d", (logit) => {
    // Each class is right once, and the third is always predicted: the slope at T = ∞ is 0.
    const rows = [0, 1, 2].map(() => [0, 0, logit]);
    const fit = fitTemperature(rows, [0, 1, 2]);
    expect(fit.temperature).toBe(Number.POSITIVE_INFINITY);
    expect(fit.limit).toBe("the logits say nothing");
  });

  it.each([1e-10, 1e-100, 1e-300])("finds T where a mistake has the weight %d", (weight) => {
    const rows = [0, 1].map(() => [1, 0]);
    for (const scale of [1, 1e-7]) {
      const sampleWeight = [scale, scale * weight];
      const { temperature } = fitTemperature(rows, [0, 1], { sampleWeight });
      expect(Math.abs(temperature * Math.log(1 / weight) - 1)).toBeLessThan(1e-15);
    }
  });

  it("finds T where a mistake is a tiny one", () => {
    const { temperature } = fitTemperature(
      [
        [1, 0],
        [1e-100, 0],
      ],
      [0, 1],
    );
    expect(Math.abs(temperature * (ln2 + 100 * Math.log(10)) - 1)).toBeLessThan(1e-15);
  });

  it("has logits and weights from the whole range of float64", () => {
    const fit = (gap: number, weight = 1) => {
      const sampleWeight = [weight, weight, weight];
      return fitTemperature(
        [0, 1, 2].map(() => [gap / 2, -gap / 2]),
        [0, 0, 1],
        { sampleWeight },
      );
    };
    const nllAfter = Math.log(3) - (2 / 3) * ln2;
    for (const gap of [1e-310, 1e308, 1.2e308]) {
      const { temperature, ...rest } = fit(gap);
      expect(Math.abs((temperature / gap) * ln2 - 1)).toBeLessThan(1e-12);
      expect(rest.nllAfter).toBeCloseTo(nllAfter, 14);
    }
    expect(fit(1, 1e-310).temperature).toBeCloseTo(1 / ln2, 14);
    expect(fit(1, 1e308).temperature).toBeCloseTo(1 / ln2, 14);
    const far = [0, 1, 2].map(() => [1e308, -1e308]);
    expect(() => fitTemperature(far, [0, 0, 1])).toThrow(
      "fitTemperature: the distances between the logits are so large that float64 cannot hold the temperature. Divide all logits by one number",
    );
    expect(fitTemperature(far, [0, 0, 0])).toMatchObject({ limit: "every row is right" });
  });

  it("leaves masked classes out", () => {
    const masked = Number.NEGATIVE_INFINITY;
    const rows = [0, 1, 2].map(() => [4, 0, masked]);
    expect(fitTemperature(rows, [0, 0, 1]).temperature).toBeCloseTo(4 / ln2, 14);
    expect(() => fitTemperature([[1, masked]], [1])).toThrow(
      "fitTemperature: the label of row 0 is impossible",
    );
  });

  it("is NaN without rows", () => {
    const fit = fitTemperature([[1, 2]], [-100]);
    expect(fit).toEqual({
      temperature: Number.NaN,
      limit: undefined,
      nllBefore: Number.NaN,
      nllAfter: Number.NaN,
    });
  });
});
