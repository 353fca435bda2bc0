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
import type { ElementLossDefinition } from "./elementDefinition.ts";
import type { ElementBlock } from "./elementFormula.ts";
import type { UntypedLoss } from "./makeLoss.ts";
import { trySmallElements } from "./smallElements.ts";

// A call of a few elements takes another path than a call that names the gradients twice, and the results have the same
// bits.

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
        const call = (differentiate?: readonly string[]) =>
          loss.valueAndGrad(...values, { ...options, differentiate });
        const regular = call([...names, ...names]);
        expect(call()).toEqual(regular);
        expect(call([names[0]])).toEqual(call([names[0], names[0]]));
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

  it("name the function if out does not fit", () => {
    const input = new Float32Array([1, 2]);
    const out = new Float32Array(3);
    expect(() => mseLoss.valueAndGrad(input, input, { out })).toThrow(
      "mseLoss.valueAndGrad: out must have 2 elements for shape [2], got 3.",
    );
  });

  it("take an out for each gradient", () => {
    const out = { input: [0, 0], target: new Array(2).fill(0) };
    const { grads } = mseLoss.valueAndGrad([1, 2], [0, 4], { out });
    expect(grads).toEqual({ input: [1, -2], target: [-1, 2] });
    expect(out).toEqual(grads);
  });
});

describe("the path of a few elements", () => {
  const definition: ElementLossDefinition<unknown> = {
    kind: "element",
    name: "product",
    differentiable: ["input", "target"],
    elementOptions: ["scale", "shift"],
    meanWeight: "weight",
    neverThrows: true,
    check: { target: { valid: (t) => t > 0, expected: "a number above 0" } },
    formula: () => ({
      block({ count, losses, gradients }, input, target) {
        for (let i = 0; i < count; i++) losses[i] = input[i] * target[i];
        if (gradients === undefined) return;
        const { input: gradInput, target: gradTarget } = gradients;
        for (let i = 0; i < count; i++) gradInput[i] = target[i];
        if (gradTarget === undefined) return;
        for (let i = 0; i < count; i++) gradTarget[i] = input[i];
      },
    }),
  };
  const names = ["input", "target"];

  /** Returns what the path computes of `[3, 5] · [2, 4]`. */
  function compute(
    options: object = {},
    changes: object = {},
    args: unknown[] = [
      [3, 5],
      [2, 4],
    ],
  ) {
    const { hasGradient = false, ...changed } = changes as { hasGradient?: boolean };
    const parsed = { reduction: "mean", sampleWeight: undefined, out: undefined, ...options };
    return trySmallElements(
      { ...definition, ...changed },
      names,
      args,
      parsed as never,
      {},
      hasGradient,
    );
  }

  it("computes the mean and the sum", () => {
    expect(compute()).toMatchObject({ value: 13 });
    expect(compute({ reduction: "sum" })).toMatchObject({ value: 26 });
    expect(compute({}, { elementOptions: undefined, meanWeight: undefined })).toMatchObject({
      value: 13,
    });
  });

  it("computes the gradients, times an upstream gradient", () => {
    const grads = { input: [1, 2], target: [1.5, 2.5] };
    expect(compute({}, { hasGradient: true })).toEqual({ value: 13, grad: [1, 2], grads });
    expect(compute({ gradOutput: -2, reduction: "sum" }, { hasGradient: true })).toMatchObject({
      grads: { input: [-4, -8], target: [-6, -10] },
    });
    expect(compute({ differentiate: ["input"] }, { hasGradient: true })).toEqual({
      value: 13,
      grad: [1, 2],
      grads: { input: [1, 2] },
    });
    const inputOnly = compute({}, { hasGradient: true, differentiable: undefined });
    expect(inputOnly).toEqual({ value: 13, grad: [1, 2] });
  });

  it("gives its blocks back if a formula throws, against its word", () => {
    const blocks: unknown[] = [];
    const throwing = {
      hasGradient: true,
      formula: () => ({
        block: ({ losses, gradients }: ElementBlock, ...elements: unknown[]) => {
          blocks.push(losses, ...Object.values(gradients ?? {}), ...elements);
          throw new Error("no loss");
        },
      }),
    };
    expect(() => compute({}, throwing)).toThrow("no loss");
    const { length } = blocks;
    expect(() => compute({}, throwing)).toThrow("no loss");
    expect(new Set(blocks.slice(length))).toEqual(new Set(blocks.slice(0, length)));
    expect(new Set(blocks).size).toBe(length);
  });

  it("writes the gradient of the input to a container", () => {
    const out = [0, 0];
    expect(compute({ out }, { hasGradient: true })?.grad).toBe(out);
    expect(out).toEqual([1, 2]);
  });

  it.each<[string, object, object?, unknown[]?]>([
    ["of a formula that can throw", {}, { neverThrows: undefined }],
    ["of a formula of single elements", {}, { formula: () => ({ loss: () => 1, gradients: {} }) }],
    ["without reduction", { reduction: "none" }],
    ["with a mean over the batch", { reduction: "batchmean" }],
    ["with sampleWeight", { sampleWeight: [1, 1] }],
    ["with another gradient alone", { differentiate: ["target"] }, { hasGradient: true }],
    [
      "with two gradients by name",
      { differentiate: ["input", "target"] },
      { differentiable: ["input", "target"], hasGradient: true },
    ],
    ["with a name as differentiate", { differentiate: "input" }, { hasGradient: true }],
    ["with an upstream gradient per element", { gradOutput: [1, 1] }, { hasGradient: true }],
    ["with an out that has fields", { out: { input: [0, 0] } }, { hasGradient: true }],
    ["with an out, but no gradient", { out: [0, 0] }],
    ["with weight", { weight: [1, 1] }],
    ["with one of the options per element", { shift: [1, 1] }],
    ["of shapes that broadcast", {}, {}, [[3, 5], [2]]],
    ["of numbers that are not floats", {}, {}, [[3, 5], new Int32Array([2, 4])]],
    [
      "of values that do not meet the condition",
      {},
      {},
      [
        [3, 5],
        [2, -4],
      ],
    ],
  ])("leaves a call %s", (_, options, changes, args) => {
    expect(compute(options, changes, args)).toBeUndefined();
  });

  it("releases arguments that it leaves", () => {
    for (let call = 0; call < 3; call++) {
      expect(compute({}, {}, [[3, 5], [2]])).toBeUndefined();
      expect(
        compute({}, {}, [
          [3, 5],
          [2, -4],
        ]),
      ).toBeUndefined();
      expect(
        compute({}, {}, [
          [3, 6],
          [2, 4],
        ]),
      ).toMatchObject({ value: 15 });
    }
  });
});
