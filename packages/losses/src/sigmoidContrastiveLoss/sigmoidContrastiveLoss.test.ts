import { random } from "@surprisal/testing";
import { expect, it } from "vitest";
import { checkBatchFixtures } from "../../test/checkBatchLoss.ts";
import { checkLoss, float64 } from "../../test/checkLoss.ts";
import { sigmoidContrastiveLoss } from "./sigmoidContrastiveLoss.ts";

checkBatchFixtures(
  sigmoidContrastiveLoss,
  new URL("sigmoidContrastiveLoss.cases.json.gz", import.meta.url),
  { arguments: ["queries", "keys"], arrayOptions: ["temperature", "bias"] },
);

const r = random(6);
const vectors = (...shape: number[]) =>
  float64(Array.from({ length: shape.reduce((a, b) => a * b) }, r.normal), shape);

checkLoss(sigmoidContrastiveLoss, [
  { label: "cosines", input: vectors(3, 4), rest: [vectors(3, 4)] },
  {
    label: "scalar products",
    input: vectors(2, 3),
    rest: [vectors(2, 3)],
    options: { normalize: false, temperature: 2, bias: -1 },
  },
]);

it("adds a softplus for each pair", () => {
  const options = { temperature: 1, bias: 0.5, normalize: false, reduction: "none" } as const;
  const softplus = (x: number) => Math.log1p(Math.exp(x));
  const losses = sigmoidContrastiveLoss([[1], [2]], [[3], [-1]], options) as number[];
  expect(losses[0]).toBeCloseTo(softplus(-3.5) + softplus(-0.5), 14);
  expect(losses[1]).toBeCloseTo(softplus(6.5) + softplus(1.5), 14);
});

it("neither overflows nor loses small losses", () => {
  const options = { temperature: 1, bias: 0, normalize: false } as const;
  expect(sigmoidContrastiveLoss([[800]], [[-1]], options)).toBe(800);
  expect(sigmoidContrastiveLoss([[40]], [[1]], options)).toBe(Math.exp(-40));
  const { grads } = sigmoidContrastiveLoss.valueAndGrad([[800]], [[-1]], options);
  expect(grads).toEqual({ queries: [[1]], keys: [[-800]], temperature: -800, bias: -1 });
});

it.each<[unknown[], string]>([
  [[[1, 2], [[1, 2]]], "queries must have shape [N, D], got [2]."],
  [[[[1]], [[1], [2]]], "keys must have shape [1, 1], got [2, 1]."],
  [[[[1]], [[1]], { temperature: 0 }], "temperature must be a finite number above 0, got 0."],
  [
    [[[1]], [[1]], { temperature: Infinity }],
    "temperature must be a finite number above 0, got Infinity.",
  ],
  [[[[1]], [[1]], { temperature: -1 }], "temperature must be a finite number above 0, got -1."],
  [[[[1]], [[1]], { bias: Number.NaN }], "bias must be a finite number, got NaN."],
])("refuses %j", (args, message) => {
  const call = () => (sigmoidContrastiveLoss as (...all: unknown[]) => number)(...args);
  expect(call).toThrow(RangeError);
  expect(call).toThrow(`sigmoidContrastiveLoss: ${message}`);
});
