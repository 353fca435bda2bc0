// Each law of checkLoss and checkClassLoss notices a wrong loss. The mutants are wrong in one place each.
import type { FloatInput, NumberInput } from "@surprisal/core";
import { logSoftmax } from "@surprisal/core";
import { forEachRowBlock, type KernelArray, numeric, unknown } from "@surprisal/core/authoring";
import { describe, expect, it } from "vitest";
import {
  type ClassFormula,
  type ClassLossOptions,
  defineLoss,
  type ElementBlock,
  type LossOptions,
} from "../src/define/defineLoss.ts";
import { expectGradients } from "./argumentLaws.ts";
import { expectNonFinite } from "./broadcastLaws.ts";
import type { Call } from "./calls.ts";
import { expectMasks, expectSameRows, expectSymmetry, expectWeightedSums } from "./classLaws.ts";
import { expectNoticed } from "./expectNoticed.ts";
import { expectEachOption, expectEffects, noteOptions } from "./optionLaws.ts";
import { expectIndependentRows, expectSameInBlocks } from "./rowLaws.ts";
import { type AnyLoss, float64 } from "./tensors.ts";

const matrix = float64([1, 2, 3, 4, 5, 7], [2, 3]);
const targets = float64([0, 0.5, 9, 8, 1, 1], [2, 3]);

describe("the blocks of elements", () => {
  type Weights = LossOptions & { weight?: NumberInput };
  type Loop = (block: ElementBlock, x: KernelArray, t: KernelArray, w?: KernelArray) => void;

  const lossOf = (loop: Loop) =>
    defineLoss<Weights, [target: FloatInput], "weight">({
      kind: "element",
      name: "squares",
      elementOptions: ["weight"],
      formula: () => ({ block: loop }),
    });
  /** Computes the elements up to `end` from those that `of` names. */
  const squares =
    (end: (count: number) => number, of = (i: number) => i, ofWeight = of): Loop =>
    ({ count, losses, gradients }, x, t, w) => {
      for (let i = 0; i < end(count); i++) {
        const [d, factor] = [x[of(i)] - t[of(i)], w?.[ofWeight(i)] ?? 1];
        losses[i] = factor * d * d;
        if (gradients) gradients.input[i] = 2 * factor * d;
      }
    };
  const all = (count: number) => count;
  const right = lossOf(squares(all));
  const call: Call = { label: "a matrix", input: matrix, rest: [targets] };
  const weighted: Call = { ...call, options: { weight: [1, 0.5, 2] } };

  it("are computed to their end", () => {
    expectNoticed((loss) => expectSameInBlocks(loss, call, "element"), right, {
      "the first 64": lossOf(squares((count) => Math.min(count, 64))),
      "no tail of four": lossOf(squares((count) => (count > 8 ? count - (count % 4) : count))),
      "a stride of two": lossOf(squares(all, (i) => (i < 64 ? i : (2 * i) % 64))),
      "a gradient of the first 64": lossOf((block, ...elements) => {
        squares(all)(block, ...elements);
        block.gradients?.input.fill(0, 64);
      }),
    });
  });

  it("have their own weights", () => {
    expectNoticed((loss) => expectIndependentRows(loss, weighted, "element"), right, {
      "the weight of the first": lossOf(squares(all, undefined, () => 0)),
    });
  });

  it("keep NaN and infinities", () => {
    const filtered = (keep: (x: number) => boolean) =>
      lossOf((block, x, ...rest) => {
        for (let i = 0; i < block.count; i++) if (!keep(x[i])) x[i] = 0;
        squares(all)(block, x, ...rest);
      });
    const last = lossOf((block, x, ...rest) => {
      if (Number.isNaN(x[block.count - 1])) x[block.count - 1] = 0;
      squares(all)(block, x, ...rest);
    });
    expectNoticed((loss) => expectNonFinite(loss, call, "element"), right, {
      "NaN as 0": filtered((x) => !Number.isNaN(x)),
      "a NaN at the end as 0": last,
      "infinities as 0": filtered((x) => Math.abs(x) !== Number.POSITIVE_INFINITY),
    });
  });
});

describe("the blocks of rows", () => {
  interface WeightOptions extends LossOptions {
    axis?: number;
    weight?: NumberInput;
  }
  type Parts = { readonly end: number; readonly element: number; readonly weight: number };

  /** Makes a weighted squared distance, whose parts may be wrong. */
  const lossOf = (parts: (r: number, j: number, rows: number, size: number) => Partial<Parts>) =>
    defineLoss<WeightOptions, [target: FloatInput], "weight">({
      kind: "row",
      name: "distance",
      arguments: { input: "vector", target: "vector" },
      differentiable: ["input"],
      vectorOptions: ["weight"],
      formula: () => ({
        block({ rows, size, losses, gradients }, x, t, w) {
          for (let r = 0, k = 0; r < rows; r++) {
            let sum = 0;
            for (let j = 0; j < size; j++, k++) {
              const { end = rows, element = k, weight = k } = parts(r, j, rows, size);
              if (r >= end) continue;
              const slope = (w === undefined ? 1 : w[weight]) * (x[element] - t[element]);
              sum += slope * (x[element] - t[element]);
              if (gradients) gradients.input[k] = 2 * slope;
            }
            losses[r] = sum;
          }
        },
      }),
    });
  const right = lossOf(() => ({}));
  const call: Call = {
    label: "a matrix and weights",
    input: matrix,
    rest: [targets],
    options: { weight: [1, 0.5, 2] },
  };
  const alongFirstAxis: Call = { ...call, options: { axis: 0, weight: [1, 3] } };

  it.each([call, alongFirstAxis])("have their own options: $options", (given) => {
    expectNoticed((loss) => expectIndependentRows(loss, given, "row"), right, {
      "the weights of the first row": lossOf((_, j) => ({ weight: j })),
      "a weight for each row": lossOf((r) => ({ weight: r })),
    });
  });

  it("are computed to their end", () => {
    expectNoticed((loss) => expectSameInBlocks(loss, call, "row"), right, {
      "the first 64": lossOf(() => ({ end: 64 })),
      "no tail of four": lossOf((_, __, rows) => ({ end: rows > 8 ? rows - (rows % 4) : rows })),
      "a stride too long": lossOf((r, j, _, size) =>
        r < 9 ? {} : { element: (r - 1) * size + j },
      ),
    });
  });
});

describe("the gradients of options", () => {
  type BiasOptions = LossOptions & { bias?: FloatInput };

  /** Makes the loss Σ (x − b)² / 2, whose gradients are multiplied by a factor. */
  const lossOf = (factor: number) =>
    defineLoss<BiasOptions, [], never, "input" | "bias">({
      kind: "batch",
      name: "biased",
      arguments: ["input"],
      arrayOptions: ["bias"],
      differentiable: ["input", "bias"],
      options: { bias: unknown<FloatInput | undefined>() as never },
      formula: () => ({
        lossShape: () => [],
        prepare: ({ arguments: { input, bias } }) => ({
          evaluate({ losses, gradients, lossScale: [scale] }) {
            const differences = Array.from(input.data, (x, i) => Number(x) - Number(bias.data[i]));
            losses[0] = differences.reduce((sum, d) => sum + 0.5 * d * d, 0);
            gradients?.input?.set(differences.map((d) => scale * d));
            gradients?.bias?.set(differences.map((d) => factor * scale * d));
          },
        }),
      }),
    });

  it("are compared with central differences", () => {
    const call: Call = {
      label: "a vector",
      input: float64([1, 2, 4], [3]),
      rest: [],
      options: { bias: float64([0, 3, 1], [3]) },
    };
    expectNoticed((loss) => expectGradients(loss, call), lossOf(-1), {
      "a wrong sign": lossOf(1),
      "a wrong factor": lossOf(-2),
    });
  });
});

describe("the options of calls", () => {
  const lossOf = (use: (scale: number) => number) =>
    defineLoss<LossOptions & { scale?: number }>({
      kind: "element",
      name: "scaled",
      options: { scale: numeric(1) },
      formula: ({ scale }) => ({
        loss: (x, t) => use(scale) * (x - t),
        gradients: { input: () => use(scale) },
      }),
    });

  it("are all that the loss declares", () => {
    const call = { label: "a scale", input: matrix, rest: [targets] };
    const loss = lossOf((scale) => scale);
    expect(() => expectEachOption(loss, call)).toThrow(/options of scaled that no call.*'scale'/);
    noteOptions(loss, [undefined, { scale: 3 }]);
    expectEachOption(loss, call);
  });

  it("have an effect", () => {
    const calls = [{ label: "a scale", input: matrix, rest: [targets], options: { scale: 3 } }];
    expectNoticed(
      (loss) => expectEffects(loss, calls),
      lossOf((scale) => scale),
      {
        "an unused option": lossOf(() => 1),
      },
    );
  });
});

describe("the coefficients of classes", () => {
  const lossOf = (formula: ClassFormula) =>
    defineLoss<ClassLossOptions>({ kind: "class", name: "negativeLog", formula: () => formula });

  /** Returns Σ cⱼ · (−log pⱼ) over the classes that `counts` names. */
  const sumOver =
    (counts: (c: number, j: number) => boolean = (c) => c !== 0): ClassFormula =>
    (x, coefficients, gradient) => {
      const y = logSoftmax(x);
      let total = 0;
      for (let t = 0; t < x.length; t++) {
        const c = coefficients[t];
        if (!counts(c, t)) continue;
        total -= c * y[t];
        if (gradient === undefined) continue;
        for (let j = 0; j < x.length; j++) gradient[j] += c * (Math.exp(y[j]) - +(j === t));
      }
      return total;
    };
  /** Returns the formula with other coefficients or logits. */
  const changed =
    (change: (coefficients: Float64Array, x: Float64Array) => void): ClassFormula =>
    (x, coefficients, gradient) => {
      change(coefficients, x);
      return sumOver()(x, coefficients, gradient);
    };
  const onlyLargest = changed((c) => {
    const largest = c.indexOf(Math.max(...c));
    c.fill(0, 0, largest).fill(0, largest + 1);
  });
  const noSmoothing = changed((c) => {
    const least = Math.min(...c);
    for (let j = 0; j < c.length; j++) c[j] -= least;
  });

  const right = lossOf(sumOver());
  const row = [1, -0.5, 2, 0.25];
  const wide = Array.from({ length: 131 }, (_, j) => Math.sin(j));
  const masked = [1, Number.NEGATIVE_INFINITY, 2, 0.25];

  it("all count", () => {
    const ofProbabilities = (loss: AnyLoss) => expectWeightedSums(loss, row, [[0.2, 0.3, 0.5, 0]]);
    expectNoticed(ofProbabilities, right, { "the largest": lossOf(onlyLargest) });
    const smoothed = (loss: AnyLoss) => expectWeightedSums(loss, row, [0], { labelSmoothing: 0.1 });
    expectNoticed(smoothed, right, {
      "the largest": lossOf(onlyLargest),
      "no smoothing": lossOf(noSmoothing),
    });
  });

  it("are skipped where they are 0, which masked classes show", () => {
    const skipping = (loss: AnyLoss) => expectWeightedSums(loss, masked, [0, [0.5, 0, 0.5, 0]]);
    expectNoticed(skipping, right, { "none is skipped": lossOf(sumOver(() => true)) });
  });

  it("are spread with skipMasked", () => {
    const options = { skipMasked: true, labelSmoothing: 0.2 };
    const spreading = (loss: AnyLoss) => expectWeightedSums(loss, masked, [0], options);
    const ignored = lossOf(
      changed((c) => {
        for (let j = 0; j < c.length; j++) if (c[j] === 0) c[j] = 0.2 / 4;
      }),
    );
    expectNoticed(spreading, right, { "it is ignored": ignored });
  });

  it("belong to masked targets, too, whose losses are limits", () => {
    const clamped = changed((_, x) => {
      for (let j = 0; j < x.length; j++) x[j] = Math.max(x[j], -1e4);
    });
    expectNoticed((loss) => expectMasks(loss, row), right, {
      "a finite loss": lossOf(clamped),
      "a loss of 0": lossOf((x, c, gradient) => {
        const value = sumOver()(x, c, gradient);
        return value === Number.POSITIVE_INFINITY ? 0 : value;
      }),
      "a gradient of NaN": lossOf((x, c, gradient) => {
        const value = sumOver()(x, c, gradient);
        if (value === Number.POSITIVE_INFINITY) gradient?.fill(Number.NaN);
        return value;
      }),
    });
  });

  it("are those of all classes, in any order", () => {
    expectNoticed((loss) => expectSymmetry(loss, wide), right, {
      "the first 64": lossOf(sumOver((c, j) => c !== 0 && j < 64)),
    });
  });

  it("are those of all rows", () => {
    const withKernel = (end: number) =>
      defineLoss<ClassLossOptions>({
        kind: "class",
        name: "negativeLog",
        formula: () => sumOver(),
        classIndexKernel:
          () =>
          (input, { outer, size }, rowData, gradient) =>
            forEachRowBlock(outer, rowData, (first, count, { targets, gradScale, values }) => {
              for (let i = 0; i < Math.min(count, end); i++) {
                const start = (first + i) * size;
                const y = logSoftmax(Float64Array.from(input.subarray(start, start + size)));
                values[i] = 0 - y[targets[i]];
                gradient?.set(
                  y.map((value, j) => gradScale[i] * (Math.exp(value) - +(j === targets[i]))),
                  start,
                );
              }
            }),
      });
    const law = (loss: AnyLoss) => expectSameRows(loss, [row, row.toReversed()], [1, 3]);
    expectNoticed(law, right, { "the first 64": withKernel(64) });
    expectNoticed(law, withKernel(Number.POSITIVE_INFINITY), {});
  });
});
