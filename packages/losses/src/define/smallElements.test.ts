import { describe, expect, it } from "vitest";
import { binaryCrossEntropy } from "../binaryCrossEntropy/binaryCrossEntropy.ts";
import { binaryCrossEntropyWithLogits } from "../binaryCrossEntropyWithLogits/binaryCrossEntropyWithLogits.ts";
import { gaussianNllLoss } from "../gaussianNllLoss/gaussianNllLoss.ts";
import { huberLoss } from "../huberLoss/huberLoss.ts";
import { klDiv } from "../klDiv/klDiv.ts";
import { l1Loss } from "../l1Loss/l1Loss.ts";
import { logCoshLoss } from "../logCoshLoss/logCoshLoss.ts";
import { marginRankingLoss } from "../marginRankingLoss/marginRankingLoss.ts";
import { mseLoss } from "../mseLoss/mseLoss.ts";
import { poissonNllLoss } from "../poissonNllLoss/poissonNllLoss.ts";
import { sigmoidFocalLoss } from "../sigmoidFocalLoss/sigmoidFocalLoss.ts";
import { smoothL1Loss } from "../smoothL1Loss/smoothL1Loss.ts";
import { softMarginLoss } from "../softMarginLoss/softMarginLoss.ts";
import type { UntypedLoss } from "./makeLoss.ts";

// A call of a few elements takes another path than a call with `differentiate`, and the results have the same bits.

const probabilities = [0.2, 0.9, 0.5, 0.1, 0.7, 0.4];
const reals = [0.3, -1.5, 2.25, 0.1, -0.7, 4];
const signs = [1, -1, 1, 1, -1, -1];
const cases: [string, unknown, readonly (readonly number[])[], readonly string[]][] = [
  ["binaryCrossEntropy", binaryCrossEntropy, [probabilities, probabilities], ["input", "target"]],
  [
    "binaryCrossEntropyWithLogits",
    binaryCrossEntropyWithLogits,
    [reals, probabilities],
    ["input", "target"],
  ],
  [
    "gaussianNllLoss",
    gaussianNllLoss,
    [reals, signs, probabilities],
    ["input", "target", "variance"],
  ],
  ["huberLoss", huberLoss, [reals, signs], ["input", "target"]],
  ["klDiv", klDiv, [reals, probabilities], ["input", "target"]],
  ["l1Loss", l1Loss, [reals, signs], ["input", "target"]],
  ["logCoshLoss", logCoshLoss, [reals, signs], ["input", "target"]],
  ["marginRankingLoss", marginRankingLoss, [reals, probabilities, signs], ["input1", "input2"]],
  ["mseLoss", mseLoss, [reals, signs], ["input", "target"]],
  ["poissonNllLoss", poissonNllLoss, [reals, probabilities], ["input", "target"]],
  ["sigmoidFocalLoss", sigmoidFocalLoss, [reals, probabilities], ["input"]],
  ["smoothL1Loss", smoothL1Loss, [reals, signs], ["input", "target"]],
  ["softMarginLoss", softMarginLoss, [reals, signs], ["input"]],
];

const containers: Record<string, (values: readonly number[]) => unknown> = {
  "number[]": (values) => [...values],
  "nested arrays": (values) => [values.slice(0, 3), values.slice(3)],
  Float32Array: (values) => new Float32Array(values),
  Float64Array: (values) => new Float64Array(values),
  "{ data, shape }": (values) => ({ data: new Float32Array(values), shape: [2, 3] }),
};

describe.each(cases)("%s of a few elements", (_, typed, args, names) => {
  const loss = typed as UntypedLoss;

  it.each(Object.entries(containers))("equals the regular path, %s", (_, contain) => {
    for (const reduction of ["mean", "sum"]) {
      for (const gradOutput of [1, -2.5]) {
        const values = args.map(contain);
        const options = { reduction, gradOutput };
        const regular = loss.valueAndGrad(...values, { ...options, differentiate: names });
        const small = loss.valueAndGrad(...values, options);
        expect(small).toEqual(regular);
        expect(loss(...values, { reduction })).toBe(regular.value);
      }
    }
  });

  it("writes the gradient to out, also over an argument", () => {
    const [x, ...rest] = args.map((values) => new Float32Array(values));
    const { grad } = loss.valueAndGrad(x, ...rest);
    const out = new Float32Array(6);
    expect(loss.valueAndGrad(x, ...rest, { out }).grad).toBe(out);
    expect(out).toEqual(grad);
    expect(loss.valueAndGrad(x, ...rest, { out: x }).grad).toBe(x);
    expect(x).toEqual(grad);
  });
});

describe("a few elements", () => {
  it("that a getter of a later argument detaches are an error", () => {
    const data = new Float32Array([1, 2]);
    const target = {
      get data() {
        structuredClone(data.buffer, { transfer: [data.buffer] });
        return new Float32Array(2);
      },
      shape: [2],
    };
    expect(() => mseLoss({ data, shape: [2] }, target)).toThrow(/detached/);
  });

  it("that do not meet a condition are an error with their place", () => {
    expect(() => binaryCrossEntropy([0.5, 1.5], [0, 1])).toThrow(
      "binaryCrossEntropy: input[1] must be a probability from 0 to 1, got 1.5.",
    );
  });

  it("take an out for each gradient", () => {
    const out = { input: [0, 0], target: new Array(2).fill(0) };
    const { grads } = mseLoss.valueAndGrad([1, 2], [0, 4], { out });
    expect(grads).toEqual({ input: [1, -2], target: [-1, 2] });
    expect(out).toEqual(grads);
  });
});
