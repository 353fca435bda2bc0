import { describe, expect, it } from "vitest";
import { calibrationError } from "./calibrationError.ts";

describe("calibrationError", () => {
  it("keeps its digits where every prediction is sure and right", () => {
    // The gap of each is 1 − p = e^-60 / (1 + e^-60), which 1 − confidence would round to 0.
    const rest = Math.exp(-60) / (1 + Math.exp(-60));
    const error = calibrationError(
      [
        [60, 0],
        [0, 60],
      ],
      [0, 1],
    );
    expect(Math.abs(error / rest - 1)).toBeLessThan(1e-13);
  });

  it("has the three norms of the bins' gaps", () => {
    const probabilities = [
      [0.9, 0.1],
      [0.9, 0.1],
      [0.6, 0.4],
      [0.6, 0.4],
    ];
    const options = { probabilities: true, bins: 10 };
    // Bin (0.8, 0.9]: accuracy 0.5, gap 0.4. Bin (0.5, 0.6]: accuracy 1, gap 0.4 the other way.
    const labels = [0, 1, 0, 0];
    expect(calibrationError(probabilities, labels, options)).toBeCloseTo(0.4, 15);
    expect(calibrationError(probabilities, [0, 0, 0, 1], options)).toBeCloseTo(0.1, 15);
    const uneven = { ...options, sampleWeight: [3, 3, 1, 1] };
    expect(calibrationError(probabilities, [0, 0, 1, 1], uneven)).toBeCloseTo(
      0.75 * 0.1 + 0.25 * 0.6,
    );
    const root = Math.sqrt(0.75 * 0.01 + 0.25 * 0.36);
    expect(calibrationError(probabilities, [0, 0, 1, 1], { ...uneven, norm: 2 })).toBeCloseTo(root);
    const max = calibrationError(probabilities, [0, 0, 1, 1], { ...uneven, norm: "max" });
    expect(max).toBeCloseTo(0.6, 15);
  });

  it("keeps the squares of tiny gaps", () => {
    const error = calibrationError([[500, 0]], [0], { norm: 2 });
    expect(error / Math.exp(-500)).toBeCloseTo(1, 12);
    expect(calibrationError([[1, 0]], [0], { norm: 2, probabilities: true })).toBe(0);
  });

  it("is NaN without rows", () => {
    expect(calibrationError([[1, 2]], [-100])).toBeNaN();
    expect(calibrationError([], [], { binning: "quantile", norm: "max" })).toBeNaN();
  });

  it("refuses what it cannot do", () => {
    const call = (options: object) => () => calibrationError([[1, 2]], [0], options);
    expect(call({ norm: 3 })).toThrow('calibrationError: norm must be 1 or 2 or "max", got 3.');
    expect(call({ norm: "l2" })).toThrow(RangeError);
    expect(call({ norm: true })).toThrow(TypeError);
    expect(call({ bins: 0 })).toThrow("calibrationError: bins must be a whole number from 1 to");
    expect(call({ binning: "equal" })).toThrow('binning must be "width" or "quantile"');
    expect(() => calibrationError.accumulator({ binning: "quantile" })).toThrow(
      "needs all predictions at once",
    );
  });
});
