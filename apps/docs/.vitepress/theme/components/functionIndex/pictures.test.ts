import { logSoftmax, sigmoid } from "@surprisal/core";
import { mseLoss, nllLoss } from "@surprisal/losses";
import { describe, expect, it } from "vitest";
import { curvesOf, readExample } from "./pictures.ts";

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
    const { value, derivative } = curvesOf(example, mseLoss);
    expect([value[0], value[20], value[40]]).toEqual([25, 0, 25]);
    expect([derivative?.[0], derivative?.[20], derivative?.[40]]).toEqual([-10, 0, 10]);
  });

  it("shows the derivative by the number that moves, also if another function reads it", () => {
    const example = { name: "nllLoss", start: { input: [0, 0], target: 0 }, ranges: {} };
    const { derivative } = curvesOf(example, nllLoss, logSoftmax);
    expect(derivative?.[20]).toBeCloseTo(-0.5, 4);
  });

  it("shows the value alone of a function that is no loss", () => {
    const example = { name: "sigmoid", start: { x: 1 }, ranges: { x: [0, 1] } };
    const { value, derivative } = curvesOf(example, sigmoid);
    expect(value[0]).toBe(0.5);
    expect(derivative).toBeUndefined();
  });
});
