// What the checks of a loss say to its author.
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { defineLoss, type LossOptions } from "../src/define/defineLoss.ts";
import { compareWithFixture, expectDifferences, explainTemplate } from "./checkFixtures.ts";
import { checkLoss } from "./checkLoss.ts";
import { expectNear } from "./expectNear.ts";
import { float64 } from "./tensors.ts";

const matrix = float64([1, 2, 3, 4, 5, 7], [2, 3]);
const targets = float64([0, 0.5, 9, 8, 1, 1], [2, 3]);

describe("a loss of one argument", () => {
  const loss = defineLoss<LossOptions, []>({
    kind: "element",
    name: "squares",
    arguments: ["input"],
    formula: () => ({ loss: (x) => x * x, gradients: { input: (x) => 2 * x } }),
  });
  const calls = [{ label: "a matrix", input: matrix, rest: [] }];
  checkLoss(loss, calls, { kind: "element" });
});

// A formula that throws then fails tests. Otherwise the file would have no tests.
describe("the tests of a loss are collected without a call of its formula", () => {
  let isCollecting = true;
  beforeAll(() => {
    isCollecting = false;
  });
  const slope = (x: number, t: number) => 2 * (x - t);
  const formula = () => ({
    loss(x: number, t: number) {
      if (isCollecting) throw new Error("The formula has been called.");
      return (x - t) ** 2;
    },
    gradients: { input: slope, target: (x: number, t: number) => slope(t, x) },
  });
  const calls = [{ label: "a matrix", input: matrix, rest: [targets] }];
  checkLoss(defineLoss({ kind: "element", name: "own", formula }), calls, { kind: "element" });
});

describe("the cases of a loss", () => {
  const one = { shape: [1], data: [1] };
  const fixture = {
    dtype: "float64" as const,
    value: one,
    grad: one,
    grads: { input: one, target: one },
  };
  const compare = (result: object) => () => compareWithFixture(result, fixture, "a case", 1e-12);
  const result = { value: [1], grad: [1] };

  it("have all gradients that the loss has", () => {
    expect(compare({ ...result, grads: { input: [1], target: [1] } })).not.toThrow();
    expect(compare({ ...result, grads: { input: [1], target: [2] } })).toThrow(
      'case "a case": gradient of target: got 2, expected 1.',
    );
    for (const grads of [undefined, { input: [1], traget: [1] }]) {
      expect(compare({ ...result, grads })).toThrow(
        /has \[input,target\]\. List each name in cases\.py/,
      );
    }
  });

  it("have a note for each difference", () => {
    const cases = [{ note: "edge: nan" }, { note: "mean" }];
    expectDifferences(cases, ["nan", "mean"]);
    expect(() => expectDifferences(cases, ["nan", "infinities"])).toThrow(
      /no case's note.*infinities/,
    );
  });

  it("are made by makeFixtures.py, which the message says as long as they are the template's", () => {
    const folder = mkdtempSync(join(tmpdir(), "losses-"));
    try {
      const url = pathToFileURL(join(folder, "own.cases.json.gz"));
      const explain = () =>
        explainTemplate(url, () => {
          throw new Error("value: got 2, expected 1.");
        });
      const template = new URL("../_template/row/template.cases.json.gz", import.meta.url);
      copyFileSync(template, url);
      expect(explain).toThrow(
        /Run: python3 packages\/losses\/test\/makeFixtures\.py own\nvalue: got 2, expected 1\./,
      );
      writeFileSync(url, "");
      expect(explain).toThrow(/^value: got 2/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("the message about a wrong number", () => {
  const tolerance = { limit: 1e-6, floor: 1e-2 };

  it("has the number, the expected one and the place", () => {
    expect(() => expectNear([1, 3], [1, 2], tolerance, "gradient of input")).toThrow(
      "gradient of input at element 1: got 3, expected 2. The relative error is 0.5, expected less than 0.000001.",
    );
    expect(() => expectNear([Number.NaN], [2], tolerance, "value")).toThrow(
      "value: got NaN, expected 2.",
    );
  });

  it("has the lengths, if they differ", () => {
    expect(() => expectNear([1], [1, 2], tolerance, "value")).toThrow(
      "value: got an array of length 1, expected length 2.",
    );
  });
});
