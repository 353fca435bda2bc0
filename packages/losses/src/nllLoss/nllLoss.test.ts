import { logSoftmax } from "@surprisal/core";
import { expect, it } from "vitest";
import { checkClassLoss } from "../../test/checkClassLoss.ts";
import { checkFixtures } from "../../test/checkLoss.ts";
import { nllLoss } from "./nllLoss.ts";

// PyTorch returns NaN for 0 · ∞ and 0 / 0. Here a class of weight or probability 0 contributes nothing.
checkFixtures(nllLoss, new URL("nllLoss.cases.json.gz", import.meta.url), ["0 · ∞", "0 / 0"]);
checkClassLoss(nllLoss, (r, classes) => logSoftmax(Array.from({ length: classes }, r.normal)));

it("returns the target's log-probability with its sign changed", () => {
  expect(nllLoss([-1.6563, -1.7563, -1.5563], 2)).toBe(1.5563);
  expect(nllLoss.valueAndGrad([-1.6563, -1.7563, -1.5563], 2).grad).toEqual([0, 0, -1]);
});

it("reads only the target's element", () => {
  expect(nllLoss([Number.NaN, -2, Number.NEGATIVE_INFINITY], 1)).toBe(2);
});

it("is finite where a class of probability 0 is impossible", () => {
  const input = [Number.NEGATIVE_INFINITY, -0.5];
  expect(nllLoss(input, [0, 1])).toBe(0.5);
  expect(nllLoss.valueAndGrad([input], [[0, 1]]).grad).toEqual([[0, -1]]);
  expect(nllLoss(input, 1, { labelSmoothing: 0.1, skipMasked: true })).toBe(0.5);
});
