import { type Random, random } from "@surprisal/testing";
import type { Call } from "./calls.ts";
import { float64 } from "./tensors.ts";

/** Makes calls of a class loss: with each option alone, and with all of them. */
export function makeClassCalls(row: (r: Random, classes: number) => number[]): Call[] {
  const r = random(7);
  const rows = (count: number, classes: number) =>
    Array.from({ length: count }, () => row(r, classes)).flat();
  const input = float64(rows(4, 3), [4, 3]);
  const target = [2, 0, 1, 0];
  const probabilities = float64([0.2, 0.3, 0.5, 1, 0, 0, 0, 0.5, 0.5, 0.1, 0.1, 0.8], [4, 3]);
  const weight = [0.5, 2, 1.5];
  return [
    { label: "one row", input: float64(row(r, 5), [5]), rest: [3] },
    { label: "a batch", input, rest: [target] },
    { label: "one class", input: float64(rows(2, 1), [2, 1]), rest: [[0, 0]] },
    {
      label: "axis 1",
      input: float64(rows(6, 2), [2, 2, 3]),
      rest: [
        [
          [0, 1, 1],
          [1, 0, 0],
        ],
      ],
      options: { axis: 1 },
    },
    { label: "weights", input, rest: [target], options: { weight } },
    { label: "an ignored target", input, rest: [target], options: { ignoreIndex: 0 } },
    { label: "label smoothing", input, rest: [target], options: { labelSmoothing: 0.3 } },
    {
      label: "all options at once",
      input,
      rest: [[2, 9, 1, 0]],
      options: { weight, labelSmoothing: 0.3, ignoreIndex: 9 },
    },
    { label: "class probabilities", input, rest: [probabilities] },
    {
      label: "class probabilities, weights and label smoothing",
      input,
      rest: [probabilities],
      options: { weight, labelSmoothing: 0.1 },
    },
  ];
}
