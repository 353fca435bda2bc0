import * as evaluation from "@surprisal/evaluation";
import { type BinningOptions, brierScore, reliability } from "@surprisal/evaluation";
import { tokenRanks } from "@surprisal/language";
import { crossEntropy } from "@surprisal/losses";
import { spread } from "../curve.ts";
import { rowsOf, type Values } from "../values.ts";
import type { Chart, ExploredPackage, View } from "../view.ts";

type Matrix = number[][];

/** The functions of `@surprisal/evaluation`, and the figure of each. */
export const evaluationPackage: ExploredPackage = {
  functions: evaluation,
  views: {
    accuracy: {
      show(_, [logits, labels], { topK = 1, ignoreIndex }) {
        const ranks = tokenRanks(logits as Matrix, labels as number[], {
          ignoreIndex: ignoreIndex as number | undefined,
        }) as number[];
        const bars = ranks.map((value, i) => ({
          label: `Row ${i}`,
          value,
          marked: value > 0 && value <= (topK as number),
        }));
        return { bars: { title: "Rank of the label; the marked rows are right", bars } };
      },
    },
    brierScore: {
      show(_, [logits, labels], { probabilities }) {
        const scores = rowsOf(logits).map((row, i) =>
          brierScore(row as number[], (labels as number[])[i], {
            probabilities: probabilities as boolean | undefined,
          }),
        );
        const bars = scores.map((value, i) => ({ label: `Row ${i}`, value }));
        return { bars: { title: "Score of each row", bars } };
      },
    },
    calibrationError: {
      show(_, [logits, labels], { norm, ...binning }) {
        const bins = reliability(logits as Matrix, labels as number[], binning as BinningOptions);
        return { chart: { is: "reliability", bins } };
      },
    },
    reliability: {
      show(result) {
        const bins = result as evaluation.Bin[];
        return {
          results: {
            ".map((bin) => bin.count)": bins.map((bin) => bin.count),
            ".map((bin) => bin.accuracy)": bins.map((bin) => bin.accuracy),
            ".map((bin) => bin.confidence)": bins.map((bin) => bin.confidence),
          },
          chart: { is: "reliability", bins },
        };
      },
    },
    confusionMatrix: {
      show(result) {
        const { data, shape } = result as ReturnType<typeof evaluation.confusionMatrix>;
        const [classes] = shape;
        const numbers = Array.from(data);
        const counts = spreadRows(numbers, classes);
        return { results: { ".data": numbers }, chart: { is: "confusion", counts } };
      },
    },
    fitTemperature: {
      show(result, [logits, labels], options) {
        const { temperature, limit, nllBefore, nllAfter } = result as evaluation.TemperatureFit;
        return {
          results: {
            ".temperature": temperature,
            ".nllBefore": nllBefore,
            ".nllAfter": nllAfter,
            ...(limit === undefined ? {} : { ".limit": limit }),
          },
          chart: lossOverTemperature(logits, labels, options, temperature, nllAfter),
        };
      },
    } satisfies View,
  },
};

function spreadRows(numbers: readonly number[], width: number): number[][] {
  return Array.from({ length: numbers.length / width }, (_, i) =>
    numbers.slice(i * width, (i + 1) * width),
  );
}

/** Returns the curve of the loss over the temperature, with the fitted one as the current number. */
function lossOverTemperature(
  logits: Values,
  labels: Values,
  { ignoreIndex }: Readonly<Record<string, unknown>>,
  fitted: number,
  nll: number,
): Chart {
  const rows = rowsOf(logits) as Matrix;
  const lossAt = (temperature: number) =>
    crossEntropy(
      rows.map((row) => row.map((x) => x / temperature)),
      labels as number[],
      { ignoreIndex: ignoreIndex as number | undefined },
    );
  const high = fitted > 4 && fitted < 50 ? Math.ceil(fitted * 1.5) : 5;
  const range = [0.1, high] as const;
  return {
    is: "curve",
    title: "Loss by temperature, and the fitted temperature",
    lines: [{ label: "loss", values: spread(range, 81).map(lossAt) }],
    range,
    at: { x: fitted, values: [nll] },
    xLabel: "temperature",
    yLabel: "loss",
  };
}
