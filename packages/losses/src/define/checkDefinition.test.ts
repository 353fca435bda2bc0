import { kernels, tensor, useKernels } from "@surprisal/core";
import { numeric } from "@surprisal/core/authoring";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AnyLoss } from "../../test/checkLoss.ts";
import { composeCrossEntropy, defineClassLoss, defineLoss } from "./defineLoss.ts";

const define: AnyLoss = defineLoss;
const square = { loss: (x: number) => x * x, gradients: { input: (x: number) => 2 * x } };
const element = { kind: "element", name: "mine", formula: () => square };
const row = {
  kind: "row",
  name: "mine",
  arguments: { a: "vector", b: "vector", t: "value" },
  differentiable: ["a"],
  formula: () => () => 0,
};
const classes = { kind: "class", name: "mine", formula: () => () => 0 };
const batch = { kind: "batch", name: "mine", formula: () => () => 0 };

describe("a wrong definition is an error when the loss is defined", () => {
  it.each([
    [undefined, "definition must be an object, got undefined"],
    [{ ...element, name: "" }, "name must be a string of at least one letter"],
    [{ ...element, name: undefined }, "got undefined"],
    [
      { ...element, kind: "elements" },
      'defineLoss: mine: kind must be "class" or "element" or "row" or "batch", got "elements".',
    ],
    [{ ...element, kind: undefined }, "kind must be"],
    [
      { ...element, formulas: 1 },
      'unknown key "formulas", expected one of kind, name, options, formula, neverThrows, arguments, differentiable, elementOptions, meanWeight, perVector, check, batchMean.',
    ],
    [{ ...element, differentiable: ["target"] }, "differentiable must hold input"],
    [{ ...element, differentiable: ["x"] }, 'differentiable holds "x", expected names from input'],
    [{ ...classes, arguments: ["input"] }, 'unknown key "arguments"'],
    [{ ...element, formula: square }, "formula must be a function"],
    [{ ...classes, formula: undefined }, "formula must be a function, got undefined"],
    [{ ...classes, classIndexKernel: {} }, "classIndexKernel must be a function"],
    [{ ...classes, singleRow: 1 }, "singleRow must be a function"],
    [{ ...classes, singleRowGradient: 1 }, "singleRowGradient must be a function"],
    [
      { ...element, options: { delta: 1 } },
      "options.delta must be a schema, such as numeric(1), got 1",
    ],
    [{ ...element, options: 7 }, "options must be an object, got 7"],
    [{ ...element, arguments: "input" }, 'arguments must be an array of names, got "input".'],
    [{ ...element, arguments: ["a", "a"] }, "arguments must be an array of different names"],
    [{ ...element, arguments: [] }, "arguments must be 1 to 4 names, got 0"],
    [{ ...element, arguments: ["a", "b", "c", "d", "e"] }, "arguments must be 1 to 4 names, got 5"],
    [{ ...element, arguments: ["data"] }, 'arguments holds "data", the name of a field of tensors'],
    [
      { ...element, elementOptions: "weight" },
      'elementOptions must be an array of names, got "weight".',
    ],
    [
      { ...element, elementOptions: ["delta"], options: { delta: numeric(1) } },
      'elementOptions holds "delta", which is already an option',
    ],
    [{ ...element, elementOptions: ["reduction"] }, 'elementOptions holds "reduction", which is'],
    [{ ...element, vectorOptions: ["weight"] }, 'unknown key "vectorOptions"'],
    [
      { ...element, options: { out: numeric(1) } },
      "options.out is an option that every loss of this kind already has",
    ],
    [{ ...classes, options: { weight: numeric(1) } }, "options.weight is an option that every"],
    [
      { ...classes, options: { labelSmoothing: numeric(0) } },
      "options.labelSmoothing is an option",
    ],
    [
      { ...row, options: { axis: numeric(1) } },
      "options.axis is an option that every loss of this",
    ],
    [{ ...element, options: { k: { parse: () => 1 } } }, "options.k must be a schema"],
    [
      { ...element, options: { k: numeric(-1, "a number above 0", (k) => k > 0) } },
      "defineLoss: mine: options.k must be a number above 0, got -1.",
    ],
    [{ ...element, options: [numeric(1)] }, "options must be an object, got"],
    [{ ...element, options: new Map() }, "options must be an object, got"],
    [{ ...element, options: { "": numeric(1) } }, "the names of options must be an array of names"],
    [{ ...element, name: " " }, 'name must be a string of at least one letter, got " ".'],
    [{ ...element, arguments: [""] }, "arguments must be an array of names"],
    [{ ...element, arguments: ["x", "__proto__"] }, "arguments must be an array of names"],
    [{ ...element, arguments: ["x", "strides"] }, 'arguments holds "strides", the name of a field'],
    [
      { ...element, differentiable: ["input", "input"] },
      "differentiable must be an array of different names.",
    ],
    [{ ...element, meanWeight: "w" }, 'meanWeight must be "weight", got "w".'],
    [{ ...element, meanWeight: null }, 'meanWeight must be "weight", got null.'],
    [
      { ...element, meanWeight: "weight", elementOptions: ["weight"] },
      'meanWeight holds "weight", which is already an option.',
    ],
    [
      { ...element, meanWeight: "weight", options: { weight: numeric(1) } },
      'meanWeight holds "weight", which is already an option.',
    ],
    [{ ...element, perVector: 3 }, "perVector must be an array of names, got 3."],
    [{ ...element, perVector: ["nope"] }, 'perVector holds "nope", expected names from target.'],
    [{ ...element, perVector: ["input"] }, 'perVector holds "input", expected names from target.'],
    [{ ...element, check: [] }, "check must be an object, got"],
    [{ ...element, check: 1 }, "check must be an object, got 1"],
    [{ ...element, check: { t: {} } }, "check.t belongs to no argument, expected input, target"],
    [{ ...element, check: { input: {} } }, "check.input must be { valid, expected }"],
    [{ ...element, check: { input: undefined } }, "check.input must be { valid, expected }"],
    [
      { ...element, check: { input: { valid: () => true } } },
      "check.input must be { valid, expected }",
    ],
    [
      { ...element, check: { input: { valid: true, expected: "a number" } } },
      "check.input must be { valid, expected }",
    ],
    ...[[0], [1, 0], [0, Number.NaN], ["0", "1"], { 0: 0, 1: 1 }, null].map(
      (range): [object, string] => [
        { ...element, check: { input: { valid: () => true, expected: "a number", range } } },
        "check.input.range must be [least, most], two numbers in this order, got",
      ],
    ),
    [
      {
        ...element,
        check: { input: { valid: (t: number) => t > 0, expected: "above 0", range: [0, 1] } },
      },
      "check.input.range holds 0, which is not valid",
    ],
    [null, "definition must be an object, got null"],
    [{ ...classes, softTargetKernel: 1 }, "softTargetKernel must be a function, got 1"],
    [{ ...classes, classLosses: 1 }, "classLosses must be a function, got 1"],
    [{ ...classes, softcap: 30 }, "softcap must be a function, got 30"],
    [{ ...classes, softcapKernel: 1 }, "softcapKernel must be a function, got 1"],
    [{ ...classes, hasPenalty: true }, "hasPenalty must be a function, got true"],
    [{ ...classes, takesNumbers: 1 }, "takesNumbers must be true or false, got 1"],
    [{ ...element, options: null }, "options must be an object, got null"],
    [
      { ...element, options: { delta: { fallback: 1 } } },
      "options.delta must be a schema, such as numeric(1), got",
    ],
    [
      { ...batch, options: { reduction: numeric(1) } },
      "options.reduction is an option that every loss of this kind already has",
    ],
    [
      { ...batch, elementOptions: [] },
      "expected one of kind, name, options, formula, neverThrows, arguments, arrayOptions, differentiable.",
    ],
    [
      { ...row, arguments: null },
      'defineLoss: mine: arguments must be an object such as { input: "vector", target: "vector" }, got null.',
    ],
    [
      { ...row, arguments: ["x", "t"] },
      'arguments must be an object such as { x: "vector", t: "vector" }, got Array(2).',
    ],
    [
      { ...row, options: { t: numeric(1) } },
      'mine: "t" is the name of an argument and of an option. Give the argument another name.',
    ],
    [{ ...row, vectorOptions: ["b"] }, '"b" is the name of an argument and of an option'],
    [
      { ...element, options: { target: numeric(1) } },
      '"target" is the name of an argument and of an option',
    ],
    [
      { ...element, elementOptions: ["input"] },
      '"input" is the name of an argument and of an option',
    ],
    [{ ...element, arguments: ["x", "out"] }, '"out" is the name of an argument and of an option'],
    [
      { ...batch, arguments: ["x", "sampleWeight"], differentiable: ["x"] },
      '"sampleWeight" is the name of an argument and of an option',
    ],
    [
      {
        ...classes,
        classIndexKernel: composeCrossEntropy(
          (c) => c,
          () => 1,
        ),
      },
      "classIndexKernel must be a function of the options that returns a kernel, got the kernel. Write classIndexKernel: () => kernel",
    ],
    [{ ...element, batchMean: 1 }, "batchMean must be true or false, got 1"],
    [{ ...element, neverThrows: "no" }, 'neverThrows must be true or false, got "no"'],
    [{ ...classes, meanOver: "all" }, 'meanOver must be "weights" or "rows", got "all"'],
    [{ ...row, vectorOptions: ["axis"] }, 'vectorOptions holds "axis", which is already an option'],
    [{ ...row, arguments: { shape: "vector" } }, 'arguments holds "shape", the name of a field'],
    [{ ...row, arguments: undefined }, "arguments must be an object such as"],
    [
      { ...row, arguments: { a: "vectors" } },
      'arguments.a must be "vector" or "value", got "vectors"',
    ],
    [{ ...row, arguments: { t: "value", a: "vector" } }, 'the first argument must be a "vector"'],
    [{ ...row, arguments: {} }, 'the first argument must be a "vector"'],
    [{ ...row, differentiable: undefined }, "differentiable must be an array of names"],
    [{ ...row, differentiable: [] }, "differentiable must hold a, the first argument"],
    [{ ...row, differentiable: ["b"] }, "differentiable must hold a, the first argument"],
    [
      { ...row, differentiable: ["a", "c"] },
      'differentiable holds "c", expected names from a, b, t',
    ],
  ])("%o", (definition, message) => {
    expect(() => define(definition)).toThrow(message);
  });

  it("also of defineClassLoss, which has one kind", () => {
    expect(() => (defineClassLoss as AnyLoss)(element)).toThrow(
      'kind must be "class", got "element"',
    );
  });
});

describe("a wrong formula is an error when the loss is first called", () => {
  it.each([
    [
      { ...element, formula: () => undefined },
      "mine: formula must return { loss, gradients } or { block }, but returned undefined.",
    ],
    [
      { ...element, formula: () => ({ loss: square.loss }) },
      "formula must return { loss, gradients }",
    ],
    [
      { ...element, formula: () => ({ loss: square.loss, gradients: {} }) },
      "formula must return gradients.input",
    ],
    [
      { ...element, formula: () => ({ ...square, gradients: { target: () => 1 } }) },
      "must return gradients.input, because the definition differentiates input.",
    ],
    [
      { ...element, differentiable: ["input", "target"], formula: () => square },
      "must return gradients.target, because the definition differentiates target.",
    ],
    [
      { ...element, formula: () => ({ ...square, gradients: { input: () => 1, inptu: () => 1 } }) },
      "gradients.inptu belongs to no argument, expected input, target",
    ],
    [
      { ...element, formula: () => ({ ...square, gradients: { input: 1 } }) },
      "gradients.input must be a function, got 1",
    ],
    [
      { ...element, formula: () => ({ ...square, loss: () => {} }) },
      "mine: the loss must return a number, but returned undefined.",
    ],
    [
      { ...classes, formula: () => undefined },
      "mine: formula must return a function of one row, but returned undefined.",
    ],
    [
      { ...classes, formula: () => () => {} },
      "mine: the formula must return a number, but returned undefined.",
    ],
    [{ ...classes, formula: () => () => "1" }, 'but returned "1".'],
  ])("%o", (definition, message) => {
    expect(() => define(definition)([1, 2], definition.kind === "class" ? 0 : [1, 2])).toThrow(
      message,
    );
  });

  it("also of a row loss, and of a gradient", () => {
    const call = (formula: unknown) => () => define({ ...row, formula })([1, 2], [1, 2], 0);
    expect(call(() => undefined)).toThrow("mine: formula must return a function of one row");
    expect(call(() => () => {})).toThrow(
      "mine: the formula must return a number, but returned undefined.",
    );
    const loss = define({
      ...element,
      formula: () => ({ ...square, gradients: { input: () => {} } }),
    });
    expect(() => loss.valueAndGrad([1], [1])).toThrow(
      "mine.valueAndGrad: gradients.input must return a number, but returned undefined.",
    );
  });
});

describe("a formula may write only what is not 0", () => {
  it("in a class loss", () => {
    const hinge = define({
      kind: "class",
      name: "hinge",
      formula: () => (x: Float64Array, c: Float64Array, gradient?: Float64Array) => {
        const t = c.indexOf(1);
        if (gradient && x[t] < 1) gradient[t] = -1;
        return Math.max(0, 1 - x[t]);
      },
    });
    for (const [input, target] of [
      [
        [
          [0, 5],
          [5, 0],
          [2, 2],
        ],
        [0, 1, 0],
      ],
      [{ data: Float32Array.of(0, 5, 5, 0, 2, 2), shape: [3, 2] }, [0, 1, 0]],
    ]) {
      const { grad } = hinge.valueAndGrad(input, target, { reduction: "sum" });
      expect(Array.from(grad.data ?? grad.flat())).toEqual([-1, 0, 0, -1, 0, 0]);
    }
  });

  it("in a row loss", () => {
    const first = define({
      ...row,
      arguments: { a: "vector", b: "vector" },
      differentiable: ["a", "b"],
      formula:
        () =>
        ([a, b]: Float64Array[], gradients?: Float64Array[]) => {
          if (gradients && a[0] > 0) [gradients[0][0], gradients[1][1]] = [1, 2];
          return a[0] + b[1];
        },
    });
    const ones = [
      [1, 1],
      [1, 1],
    ];
    const { grads } = first.valueAndGrad(
      [
        [1, 1],
        [-1, 1],
      ],
      ones,
      { reduction: "sum" },
    );
    expect(grads).toEqual({
      a: [
        [1, 0],
        [0, 0],
      ],
      b: [
        [0, 2],
        [0, 0],
      ],
    });
  });

  it("in a kernel of an author, also over its input", () => {
    const sparse = define({
      ...classes,
      classIndexKernel:
        () =>
        (_x: unknown, { size }: { size: number }, rows: AnyLoss, gradient?: Float32Array) => {
          const [targets, gradScale] = [new Int32Array(2), new Float64Array(2)];
          rows.load(0, 2, targets, gradScale);
          if (gradient) for (let r = 0; r < 2; r++) gradient[r * size + targets[r]] = -gradScale[r];
          rows.store(0, 2, new Float64Array(2));
        },
    });
    const input = tensor(Float32Array.of(1, 2, 3, 4), [2, 2]);
    sparse.valueAndGrad(input, [0, 1], { out: input, reduction: "sum" });
    expect(input.data).toEqual(Float32Array.of(-1, 0, 0, -1));
  });
});

describe.each(kernels().available)(
  "a formula that throws leaves out as it was, kernels %s",
  (set) => {
    beforeAll(() => void useKernels(set));
    afterAll(() => void useKernels("auto"));

    const rows = 300;
    const shape = [rows, 3];
    /** Returns a function that throws when it is called for the last time. */
    const throwing = (calls: number) => {
      let count = 0;
      return (value = 1) => {
        if (++count === calls) throw new Error("no");
        return value;
      };
    };

    it.each(["class", "compose", "row", "element"])("%s", (kind) => {
      for (const FloatArray of [Float32Array, Float64Array]) {
        const makeLoss = (): AnyLoss => {
          const last = throwing(kind === "element" ? 3 * rows : rows);
          if (kind === "element") {
            return define({
              ...element,
              formula: () => ({ loss: () => last(), gradients: { input: () => 1 } }),
            });
          }
          const formula = () => (_: unknown, gradients: unknown) => {
            for (const array of [gradients].flat()) (array as Float64Array | undefined)?.fill(1);
            return last();
          };
          if (kind === "row")
            return define({ ...row, arguments: { a: "vector", b: "vector" }, formula });
          if (kind === "class") return define({ ...classes, formula });
          return define({ ...classes, classIndexKernel: () => composeCrossEntropy(last, () => 1) });
        };
        const input = { data: new FloatArray(3 * rows).map((_, i) => Math.sin(i)), shape };
        const target = kind === "row" || kind === "element" ? input : new Int32Array(rows);
        const none = { reduction: "none" };
        const outShape = kind === "element" ? shape : [rows];
        const losses = {
          data: new FloatArray(outShape.reduce((a, b) => a * b)).fill(7),
          shape: outShape,
        };
        expect(() => makeLoss()(input, target, { ...none, out: losses })).toThrow("no");
        expect(losses.data.every((value) => value === 7)).toBe(true);
        const gradient = { data: new FloatArray(3 * rows).fill(7), shape };
        expect(() => makeLoss().valueAndGrad(input, target, { out: gradient })).toThrow("no");
        expect(gradient.data.every((value) => value === 7)).toBe(true);
        const inPlace = { data: input.data.slice(), shape };
        expect(() => makeLoss().valueAndGrad(inPlace, target, { out: inPlace })).toThrow("no");
        expect(inPlace.data).toEqual(input.data);
      }
    });
  },
);

it("accepts a definition that has every part", () => {
  const options = { delta: numeric(1) };
  expect(define({ ...element, options, arguments: ["input"], batchMean: true })([3])).toBe(9);
});
