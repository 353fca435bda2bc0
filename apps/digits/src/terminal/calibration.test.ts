import type { Bin } from "@surprisal/evaluation";
import { expect, test } from "vitest";
import type { Calibration } from "../calibration.ts";
import { drawCalibration } from "./calibration.ts";

function bin(
  lower: number,
  upper: number,
  count: number,
  accuracy: number,
  confidence: number,
): Bin {
  return { lower, upper, count, accuracy, confidence, gap: accuracy - confidence };
}

const empty = bin(0, 0.8, 0, Number.NaN, Number.NaN);
const calibration: Calibration = {
  fit: { temperature: 1.256, limit: undefined, nllBefore: 0.5, nllAfter: 0.25 },
  before: { bins: [empty, bin(0.8, 1, 12, 0.5, 0.9)], calibrationError: 0.4, loss: 0.5 },
  after: {
    bins: [bin(0, 0.8, 12, 0.5, 0.5), bin(0.8, 1, 1, 1, 1)],
    calibrationError: 0,
    loss: 0.25,
  },
  fitted: 11,
  judged: 12,
};

test("a bar is the share of right predictions, with a mark at the mean confidence", () => {
  const drawn = drawCalibration("no layers", calibration);
  expect(drawn).toContain("fitted on 11 held-out digits, and judged on the other 12.");
  const half = "█".repeat(15);
  const bars = drawn.split("\n").filter((line) => line.includes("█"));
  expect(bars).toEqual([
    `│ 80 – 100 % │     12 │ 90.0 % │ 50.0 % │ ${half}${" ".repeat(12)}│   │`,
    `│   0 – 80 % │     12 │  50.0 % │  50.0 % │ ${half}│${" ".repeat(14)} │`,
    `│ 80 – 100 % │      1 │ 100.0 % │ 100.0 % │ ${"█".repeat(29)}│ │`,
  ]);
  expect(drawn).toMatch(/as trained.*accuracy: 40\.0 %; loss: 0\.5000\..*at temperature 1\.26/s);
});

test("a classifier without a best temperature says why", () => {
  const fit = { temperature: 0, limit: "every row is right", nllBefore: 1, nllAfter: 0 } as const;
  const drawn = drawCalibration("no layers", { ...calibration, fit, after: undefined });
  expect(drawn).toContain("There is no best temperature: every row is right.");
  expect(drawn).not.toContain("at temperature");
});
