import { describe, expect, it } from "vitest";
import {
  checkBatchEvaluation,
  checkBatchFormula,
  checkElementFormula,
  checkLossShape,
} from "./checkReturned.ts";

const call = () => 0;

describe("what an element loss's formula returns", () => {
  const check = (formula: unknown) => () =>
    checkElementFormula("own", formula, ["input", "target"]);

  it.each([
    { loss: call, gradients: { input: call } },
    { loss: call, gradients: { input: call, target: call } },
    { block: call },
  ])("may be %j", (formula) => {
    expect(check(formula)).not.toThrow();
  });

  it.each<[unknown, string]>([
    [
      undefined,
      "own: formula must return { loss, gradients } or { block }, but returned undefined.",
    ],
    [null, "own: formula must return { loss, gradients } or { block }, but returned null."],
    [{ loss: call }, "must return { loss, gradients } or { block }, but returned { loss }."],
    [Promise.resolve({ block: call }), "{ block }, but returned Promise (await it first)."],
    [call, "must return { loss, gradients } or { block }, but returned a function."],
    [{ loss: call, gradients: null }, "or { block }, but returned { loss, gradients }."],
    [{ loss: call, gradients: 1 }, "or { block }, but returned { loss, gradients }."],
    [{ loss: 1, gradients: { input: call } }, "{ block }, but returned { loss, gradients }."],
    [
      { loss: call, gradients: { input: call, x: call } },
      "gradients.x belongs to no argument, expected input, target.",
    ],
    [{ loss: call, gradients: { input: 3 } }, "gradients.input must be a function, got 3."],
    [
      { loss: call, gradients: { target: call } },
      "must return gradients.input, because the definition differentiates input.",
    ],
  ])("must not be %j", (formula, message) => {
    expect(check(formula)).toThrow(TypeError);
    expect(check(formula)).toThrow(message);
  });
});

describe("what a batch loss's formula returns", () => {
  it.each([{ lossShape: call }, { prepare: call }, {}, null, undefined])(
    "must have lossShape and prepare, not be %j",
    (formula) => {
      expect(() => checkBatchFormula("own", formula)).toThrow(
        "own: formula must return { lossShape, prepare }, but returned ",
      );
    },
  );

  it("is named by its keys", () => {
    expect(() => checkBatchFormula("own", { lossShape: call, evaluate: call })).toThrow(
      "must return { lossShape, prepare }, but returned { lossShape, evaluate }.",
    );
    expect(() => checkBatchEvaluation("own", { evalute: call }, 1)).toThrow(
      "prepare must return { evaluate }, but returned { evalute }.",
    );
  });

  it.each([[[]], [[0]], [[2, 0]], [[1]]])("may have the losses' shape %j", (shape) => {
    expect(() => checkLossShape("own", shape)).not.toThrow();
  });

  it.each<[unknown]>([[[2, -1]], [[-1, 2]], [[0.5]], [["2"]], [2], [undefined], ["2"]])(
    "must not have the losses' shape %j",
    (shape) => {
      expect(() => checkLossShape("own", shape)).toThrow(
        "own: lossShape must return an array of sizes, but returned ",
      );
    },
  );

  it.each([
    { evaluate: call },
    { evaluate: call, meanDivisor: 2, emptyMean: 0 },
    { evaluate: call, meanDivisors: [1, 2, 3] },
  ])("may be evaluated by %j", (evaluation) => {
    expect(() => checkBatchEvaluation("own", evaluation, 3)).not.toThrow();
  });

  it.each<[unknown, string]>([
    [undefined, "own: prepare must return { evaluate }, but returned undefined."],
    [{}, "own: prepare must return { evaluate }, but returned "],
    [{ evaluate: call, meanDivisors: null }, "must return 3 meanDivisors, one per loss"],
    [{ evaluate: call, meanDivisors: [1] }, "must return 3 meanDivisors, one per loss"],
    [
      { evaluate: call, meanDivisor: "2" },
      'must return a number as meanDivisor, but returned "2".',
    ],
    [{ evaluate: call, emptyMean: null }, "must return a number as emptyMean, but returned null."],
  ])("must not be evaluated by %j", (evaluation, message) => {
    expect(() => checkBatchEvaluation("own", evaluation, 3)).toThrow(TypeError);
    expect(() => checkBatchEvaluation("own", evaluation, 3)).toThrow(message);
  });
});
