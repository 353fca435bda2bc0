import type { Bin } from "@surprisal/evaluation";
import type { Calibration, Honesty } from "../calibration.ts";
import { percent, table } from "./report.ts";

const BAR_WIDTH = 30;

/** Draws the reliability of a classifier before and after its temperature is fitted, as bars. */
export function drawCalibration(
  model: string,
  { fit, before, after, fitted, judged }: Calibration,
): string {
  const parts = [
    `How honest are the probabilities of the model with ${model}?`,
    `The temperature is fitted on ${fitted} held-out digits, and judged on the other ${judged}.`,
    drawBins("as trained", before),
  ];
  if (after === undefined) {
    parts.push(`There is no best temperature: ${fit.limit}.`);
  } else {
    parts.push(drawBins(`at temperature ${fit.temperature.toFixed(2)}`, after));
  }
  parts.push(BARS);
  return parts.join("\n");
}

const BARS = "Each bar is the share of right predictions, with a mark at the mean confidence.";

function drawBins(title: string, { bins, calibrationError, loss }: Honesty): string {
  const rows = bins
    .filter(({ count }) => count > 0)
    .map((bin) => [
      `${Math.round(100 * bin.lower)} – ${Math.round(100 * bin.upper)} %`,
      String(bin.count),
      percent(bin.confidence),
      percent(bin.accuracy),
      drawBar(bin),
    ]);
  const head = ["confidence", "digits", "mean", "right", title.padEnd(BAR_WIDTH)];
  return `${table(head, rows)}\nMean gap of confidence and accuracy: ${percent(calibrationError)}; loss: ${loss.toFixed(4)}.`;
}

/** Draws the accuracy as a bar, with a mark at the mean confidence. */
function drawBar({ accuracy, confidence }: Bin): string {
  const length = Math.round(accuracy * BAR_WIDTH);
  const bar = "█".repeat(length).padEnd(BAR_WIDTH);
  const mark = Math.min(Math.floor(confidence * BAR_WIDTH), BAR_WIDTH - 1);
  return `${bar.slice(0, mark)}│${bar.slice(mark + 1)}`;
}
