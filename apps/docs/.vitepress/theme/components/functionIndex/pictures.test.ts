import { logSoftmax, sigmoid } from "@surprisal/core";
import { topLogProbs } from "@surprisal/language";
import { mseLoss, nllLoss } from "@surprisal/losses";
import { describe, expect, it } from "vitest";
import { curvesOf, rangeOf, readExample } from "./pictures.ts";

const page = '# a\n\n<Explorer\n  of="mseLoss"\n  :start="{ input: [1, 3], target: [0, 1] }"\n/>\n';

describe("the picture of a function", () => {
  it("starts from the example of its page", () => {
    expect(readExample(page)).toEqual({
      name: "mseLoss",
      start: { input: [1, 3], target: [0, 1] },
      ranges: {},
      transform: undefined,
    });
    expect(readExample("# a\n")).toBeUndefined();
  });

  it("shows the loss and its gradient over the first number", () => {
    const example = { name: "mseLoss", start: { input: [1], target: [0] }, ranges: {} };
    const { value, derivative } = curvesOf(example, mseLoss) ?? { value: [] };
    expect([value[0], value[20]]).toEqual([4.875 ** 2, 0.125 ** 2]);
    expect([derivative?.[0], derivative?.[20]]).toEqual([-9.75, 0.25]);
    expect(value.length).toBe(derivative?.length);
  });

  it("shows the derivative by the number that moves, also if another function reads it", () => {
    const example = { name: "nllLoss", start: { input: [0, 0], target: 0 }, ranges: {} };
    const curves = curvesOf(example, nllLoss, logSoftmax);
    expect(curves?.derivative?.[20]).toBeCloseTo(sigmoid(0.125) - 1, 4);
  });

  it("moves a number that turns a vector, not one that only stretches it", () => {
    const example = { name: "mseLoss", start: { input: [[3, 0]], target: [[0, 7]] }, ranges: {} };
    expect(curvesOf(example, mseLoss)?.value[0]).toBe(9 + (4.875 + 7) ** 2);
  });

  it("cuts off a derivative that is much larger than the value", () => {
    expect(rangeOf({ value: [0, 2], derivative: [-1000, 1] })).toEqual([-2, 2]);
  });

  it("shows the value alone of a function that is no loss", () => {
    const example = { name: "sigmoid", start: { x: 1 }, ranges: { x: [0, 1] } };
    const curves = curvesOf(example, sigmoid);
    expect(curves?.value[0]).toBe(sigmoid(1 / 80));
    expect(curves?.derivative).toBeUndefined();
  });

  it("is missing if the result is no number", () => {
    const example = { name: "topLogProbs", start: { logits: [1, 0], k: 1 }, ranges: {} };
    expect(curvesOf(example, topLogProbs)).toBeUndefined();
  });
});
