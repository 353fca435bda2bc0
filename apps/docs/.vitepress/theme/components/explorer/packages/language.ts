import * as language from "@surprisal/language";
import { mergePartials, type PartialState, partialSoftmax } from "@surprisal/language";
import { listOf, rowsOf } from "../values.ts";
import type { ExploredPackage } from "../view.ts";

/** The states of the parts of a vocabulary, and the loss of the token. */
interface MergedParts {
  readonly states: readonly PartialState[];
  readonly losses: readonly number[];
}

/** The functions of `@surprisal/language`, and the figures of those whose results are no plain numbers. */
export const languagePackage: ExploredPackage = {
  functions: language,
  views: {
    topLogProbs: {
      show(result) {
        const { indices, logProbs } = result as { indices: number[]; logProbs: number[] };
        return {
          results: { ".indices": indices, ".logProbs": logProbs },
          chart: {
            is: "bars",
            title: "Log-probabilities, the most probable token first",
            bars: indices.map((id, i) => ({ label: `token ${id}`, value: logProbs[i] })),
          },
        };
      },
    },
    partialSoftmax: {
      program: {
        arguments: ["first", "second", "id"],
        imports: ["mergePartials", "partialSoftmax"],
        run(first, second, id): MergedParts {
          const vocabularyStart = listOf(first).length;
          const states = [
            partialSoftmax(rowsOf(first) as number[][], [id as number]),
            partialSoftmax(rowsOf(second) as number[][], [id as number], { vocabularyStart }),
          ];
          return { states, losses: mergePartials(states).losses };
        },
        write: (first) => [
          "const states = [",
          "  partialSoftmax([first], [id]),",
          `  partialSoftmax([second], [id], { vocabularyStart: ${listOf(first).length} }),`,
          "];",
          "const result = mergePartials(states);",
        ],
      },
      show(result) {
        const { states, losses } = result as MergedParts;
        const [first, second] = states;
        return {
          results: { ".losses": losses },
          chart: {
            is: "bars",
            title: "The states of the two parts, and the loss of the token",
            bars: [
              ...barsOf("first", first),
              ...barsOf("second", second),
              { label: "loss", value: losses[0], marked: true },
            ],
          },
        };
      },
    },
  },
};

function barsOf(name: string, { max, sumExpExcludingMax, targetLogit }: PartialState) {
  const numbers = {
    max: max[0],
    sumExpExcludingMax: sumExpExcludingMax[0],
    targetLogit: targetLogit[0],
  };
  return Object.entries(numbers).flatMap(([key, value]) =>
    value === null ? [] : [{ label: `${name}: ${key}`, value: Number(value) }],
  );
}
