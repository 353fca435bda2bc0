import * as core from "@surprisal/core";
import * as losses from "@surprisal/losses";
import { holds, runExample } from "@surprisal/testing";
import { beforeAll, describe, expect, it } from "vitest";
import { createSSRApp } from "vue";
import { renderToString } from "vue/server-renderer";
import * as toCome from "../../../../test/fixtures/lossesToCome.ts";
import { readTypes } from "../../../../test/readTypes.ts";
import type { FunctionApi } from "../../../../typedoc/functionApi.ts";
import { readFunctions } from "../../../../typedoc/readFunctions.ts";
import { formatNumber } from "../formatNumber.ts";
import { controlsOf, fieldsOf } from "./controls.ts";
import { linesOver, moveTo } from "./curve.ts";
import ExplorerView from "./ExplorerView.vue";
import { panelsOf } from "./panels.ts";
import { pictureOf } from "./picture.ts";
import { type Call, type Settings, type Subject, startOf } from "./subject.ts";
import type { Values } from "./values.ts";
import { writeCode } from "./writeCode.ts";

const { crossEntropy, nllLoss } = losses;
const { logSoftmax, logSumExp, softmax } = core;
const { huberLoss, tripletLoss } = toCome;
const all: Readonly<Record<string, unknown>> = { ...core, ...losses, ...toCome };

let apis: FunctionApi[];

beforeAll(async () => {
  const project = await readTypes(
    "packages/core/src/index.ts",
    "packages/losses/src/index.ts",
    "apps/docs/test/fixtures/lossesToCome.ts",
  );
  apis = readFunctions(project).map(({ api }) => api);
}, 60_000);

function subjectOf(name: string, more: Partial<Subject> = {}): Subject {
  const api = apis.find((one) => one.name === name);
  if (api === undefined) throw new Error(`There is no ${name}.`);
  return { api, call: all[name] as Call, ...more };
}

const logits = [
  [2, 1, 0],
  [0, 3, 1],
];

const ofClasses = () => {
  const subject = subjectOf("crossEntropy", {
    also: { name: "softmax", call: softmax as Call },
  });
  return { subject, settings: startOf(subject, { input: logits, target: [0, 1] }) };
};

const ofElements = () => {
  const subject = subjectOf("huberLoss");
  return { subject, settings: startOf(subject, { input: [0, 3], target: [0.5, 0] }) };
};

const vectors = {
  anchor: [
    [0, 0],
    [1, 2],
  ],
  positive: [
    [1, 0],
    [1, 1],
  ],
  negative: [
    [0, 1],
    [0, 2],
  ],
};
const ofRows = () => {
  const subject = subjectOf("tripletLoss");
  return { subject, settings: startOf(subject, vectors) };
};

const withOptions = (settings: Settings, options: Settings["options"]): Settings => ({
  ...settings,
  options: { ...settings.options, ...options },
});

/** Returns the values of a picture's figures, by title. */
function figuresOf(subject: Subject, settings: Settings) {
  const { figures } = pictureOf(subject, settings);
  return Object.fromEntries(
    figures.map(({ title, panels }) => [title, panels.map((row) => row.map(({ value }) => value))]),
  );
}

describe("the types", () => {
  it("give the kinds of losses and their arguments", () => {
    const kinds = apis.map(({ name, kind, arguments: args }) => [name, kind, ...args]);
    expect(kinds).toEqual(
      expect.arrayContaining([
        ["softmax", "function", "x"],
        ["crossEntropy", "class", "input", "target"],
        ["huberLoss", "element", "input", "target"],
        ["tripletLoss", "row", "anchor", "positive", "negative"],
      ]),
    );
  });

  it("give the options, their kinds and their defaults", () => {
    expect(subjectOf("huberLoss").api.options).toEqual(
      expect.arrayContaining([
        { name: "delta", type: { is: "number" }, fallback: 1 },
        {
          name: "reduction",
          type: { is: "choice", words: ["mean", "none", "sum"] },
          fallback: "mean",
        },
        { name: "out", type: { is: "other" } },
      ]),
    );
    expect(subjectOf("crossEntropy").api.options).toContainEqual({
      name: "weight",
      type: { is: "numbers" },
    });
  });
});

describe("a loss of classes", () => {
  it("shows probabilities, the loss of each class and the gradient", () => {
    const { subject, settings } = ofClasses();
    expect(figuresOf(subject, settings)).toEqual({
      softmax: softmax(logits),
      "Loss if this class were the target": logits.map((row) =>
        row.map((_, j) => crossEntropy(row, j)),
      ),
      "Gradient with respect to input": crossEntropy.valueAndGrad(logits, [0, 1]).grad,
    });
  });

  it("marks the target", () => {
    const { subject, settings } = ofClasses();
    const [, perClass] = pictureOf(subject, settings).figures;
    const marked = perClass.panels.map((row) => row.findIndex((bar) => bar.marked));
    expect(marked).toEqual([0, 1]);
  });

  it("follows its options", () => {
    const { subject, settings } = ofClasses();
    const options = { weight: [1, 2, 0.5], labelSmoothing: 0.1, gradOutput: 3 };
    const picture = pictureOf(subject, withOptions(settings, options));
    const { value, grad } = crossEntropy.valueAndGrad(logits, [0, 1], options);
    expect(picture.value).toBe(value);
    expect(picture.gradients).toEqual({ input: grad });
    const { gradOutput, ...own } = options;
    expect(picture.perRow.map((bar) => bar.value)).toEqual(
      crossEntropy(logits, [0, 1], { ...own, reduction: "none" }),
    );
  });

  it("can take the results of another function as its input", () => {
    const subject = subjectOf("nllLoss", {
      transform: { name: "logSoftmax", call: logSoftmax as Call },
    });
    const settings = startOf(subject, { input: logits, target: [0, 1] });
    const { value, grad } = nllLoss.valueAndGrad(logSoftmax(logits), [0, 1]);
    expect(pictureOf(subject, settings).value).toBe(value);
    expect(figuresOf(subject, settings)).toMatchObject({
      logSoftmax: logSoftmax(logits),
      "Gradient with respect to input": grad,
    });
  });

  it("offers the classes and the ignored target", () => {
    const { subject, settings } = ofClasses();
    const target = fieldsOf(subject, settings, panelsOf(subject, settings)[1], {}).find(
      ({ label }) => label === "target",
    );
    expect(target).toMatchObject({
      element: { argument: "target", path: [1] },
      choices: [{ value: 0 }, { value: 1 }, { value: 2 }, { value: -100 }],
    });
    const ignored = moveTo(settings, { argument: "target", path: [1] }, -100);
    expect(pictureOf(subject, ignored).value).toBe(crossEntropy(logits, [0, -100]));
  });

  it("has sliders for class probabilities", () => {
    const subject = subjectOf("crossEntropy");
    const target = [0.7, 0.2, 0.1];
    const settings = startOf(subject, { input: logits[0], target });
    const sliders = fieldsOf(subject, settings, panelsOf(subject, settings)[0], {}).filter(
      ({ is }) => is === "slider",
    );
    expect(sliders.map(({ label }) => label)).toEqual([
      "Class 0",
      "Class 1",
      "Class 2",
      "target 0",
      "target 1",
      "target 2",
    ]);
    expect(pictureOf(subject, settings).value).toBe(crossEntropy(logits[0], target));
  });
});

describe("a loss of elements that is known only by its type", () => {
  it("shows each loss and the gradient", () => {
    const { subject, settings } = ofElements();
    expect(figuresOf(subject, settings)).toEqual({
      Loss: [huberLoss([0, 3], [0.5, 0], { reduction: "none" })],
      "Gradient with respect to input": [huberLoss.valueAndGrad([0, 3], [0.5, 0]).grad],
    });
  });

  it("has a control for its own option, in the range that the page gives", () => {
    const { subject, settings } = ofElements();
    const controls = controlsOf(subject, settings, { delta: [0.1, 4, 0.1] });
    expect(controls).toContainEqual({ name: "delta", is: "slider", range: [0.1, 4, 0.1] });
    const changed = withOptions(settings, { delta: 2 });
    expect(pictureOf(subject, changed).value).toBe(huberLoss([0, 3], [0.5, 0], { delta: 2 }));
  });

  it("draws the loss and its gradient over one element", () => {
    const { subject, settings } = ofElements();
    const over = [-2, 0, 2];
    const lines = linesOver(subject, settings, { argument: "input", path: [1] }, over);
    const found = over.map((x) => huberLoss.valueAndGrad([0, x], [0.5, 0]));
    expect(lines).toEqual([
      { label: "loss", values: found.map(({ value }) => value) },
      { label: "gradient", values: found.map(({ grad }) => grad[1]) },
    ]);
    const overTarget = linesOver(subject, settings, { argument: "target", path: [0] }, over);
    expect(overTarget.map(({ label }) => label)).toEqual(["loss"]);
  });

  it("draws the sum of losses that are not reduced, with that label", () => {
    const { subject, settings } = ofElements();
    const unreduced = { ...settings, options: { ...settings.options, reduction: "none" } };
    const [line] = linesOver(subject, unreduced, { argument: "input", path: [1] }, [2]);
    const sum = huberLoss([0, 2], [0.5, 0], { reduction: "sum" });
    expect(line).toEqual({ label: "sum of the losses", values: [sum] });
  });
});

describe("a loss of rows that is known only by its type", () => {
  it("shows the gradients of all its arguments", () => {
    const { subject, settings } = ofRows();
    const { anchor, positive, negative } = vectors;
    const { grads } = tripletLoss.valueAndGrad(anchor, positive, negative);
    expect(figuresOf(subject, settings)).toEqual({
      "Gradient with respect to anchor": grads?.anchor,
      "Gradient with respect to positive": grads?.positive,
      "Gradient with respect to negative": grads?.negative,
    });
  });

  it("shows the loss of each row", () => {
    const { subject, settings } = ofRows();
    const { anchor, positive, negative } = vectors;
    expect(pictureOf(subject, settings).perRow.map(({ value }) => value)).toEqual(
      tripletLoss(anchor, positive, negative, { reduction: "none" }),
    );
  });
});

describe("a loss of a batch", () => {
  /** The mean squared distance of T steps to N labels, a loss without rows in common. */
  const call: Call = Object.assign((...args: unknown[]) => batchLoss.valueAndGrad(...args).value, {
    valueAndGrad(...args: unknown[]) {
      const [steps, labels] = args as [number[][], number[]];
      const all = steps.flat();
      const value = all.reduce((sum, x) => sum + labels.reduce((s, t) => s + (x - t) ** 2, 0), 0);
      const slope = (x: number) => labels.reduce((sum, t) => sum + 2 * (x - t), 0);
      return { value, grad: steps.map((row) => row.map(slope)) };
    },
  });
  const batchLoss = call as Required<Call>;
  const subject: Subject = {
    api: {
      name: "batchLoss",
      module: "@surprisal/losses",
      kind: "batch",
      arguments: ["steps", "labels"],
      integers: ["labels"],
      options: [],
    },
    call,
  };
  const args = {
    steps: [
      [1, 2],
      [0, 3],
      [2, 2],
    ],
    labels: [1, 4],
  };
  const settings = startOf(subject, args);

  it("has a panel for each argument, with steps of 1 for integers", () => {
    const panels = panelsOf(subject, settings);
    expect(panels.map(({ title }) => title)).toEqual(["steps", "labels"]);
    const fields = panels.map((panel) => fieldsOf(subject, settings, panel, {}));
    expect(fields.map((all) => all.map(({ label }) => label))).toEqual([
      ["0, 0", "0, 1", "1, 0", "1, 1", "2, 0", "2, 1"],
      ["0", "1"],
    ]);
    expect(fields[1][0]).toMatchObject({ range: [0, 5, 1] });
  });

  it("shows a gradient in the panel of its argument", () => {
    const { grad } = batchLoss.valueAndGrad(args.steps, args.labels);
    expect(figuresOf(subject, settings)).toEqual({
      "Gradient with respect to steps": [(grad as number[][]).flat(), []],
    });
  });
});

describe("a loss of elements whose arguments are broadcast", () => {
  const parts = (positive: Values) => {
    const { api, call } = subjectOf("tripletLoss");
    const subject: Subject = { api: { ...api, kind: "element" }, call };
    const settings = startOf(subject, { ...vectors, positive });
    return panelsOf(subject, settings).map((panel) => panel.partOf("positive", positive));
  };

  it("shows a number and a vector in each row, and a column by rows", () => {
    expect(parts(1)).toEqual([[], []]);
    expect(parts([1, 2])).toEqual([[], []]);
    expect(parts([[1], [2]])).toEqual([[0], [1]]);
    expect(parts([[1, 2]])).toEqual([[0], [0]]);
  });
});

describe("a function", () => {
  it("shows its results, and those of another function", () => {
    const subject = subjectOf("softmax", {
      also: { name: "logSoftmax", call: logSoftmax as Call },
    });
    const settings = startOf(subject, { x: logits });
    const options = { axis: 0, temperature: 2 };
    expect(figuresOf(subject, withOptions(settings, options))).toEqual({
      softmax: softmax(logits, options),
      logSoftmax: logSoftmax(logits),
    });
  });

  it("may return fewer numbers than its argument has", () => {
    const subject = subjectOf("logSumExp");
    const settings = startOf(subject, { x: logits });
    const values = (options: Settings["options"]) =>
      pictureOf(subject, withOptions(settings, options)).perRow.map(({ value }) => value);
    expect(values({})).toEqual(logSumExp(logits));
    expect(values({ axis: 0 })).toEqual(logSumExp(logits, { axis: 0 }));
    expect(values({ keepDims: true })).toEqual(logSumExp(logits));
  });
});

describe("the code", () => {
  it.each([
    ["crossEntropy", ofClasses, { labelSmoothing: 0.1, reduction: "sum", weight: [1, 2, 1] }],
    ["crossEntropy", ofClasses, { reduction: "none", gradOutput: 2 }],
    ["huberLoss", ofElements, { delta: 2, reduction: "none" }],
    ["tripletLoss", ofRows, { margin: 4 }],
  ] as const)("of %s runs and says what it gives", async (name, of, options) => {
    const { subject, settings } = of();
    const modules = { "@surprisal/core": core, [subject.api.module]: all };
    const changed = withOptions(settings, options);
    const code = writeCode(subject, changed, pictureOf(subject, changed));
    expect(code).toContain(`${name}.valueAndGrad(`);
    for (const option of Object.keys(options)) expect(code).toContain(`${option}: `);
    const claims = await runExample({ line: 1, code }, modules);
    expect(claims.length).toBeGreaterThan(1);
    expect(claims.filter((claim) => !holds(claim))).toEqual([]);
  });

  it("leaves out options at their defaults", () => {
    const { subject, settings } = ofClasses();
    expect(writeCode(subject, settings)).not.toContain("{ reduction");
  });
});

describe("the page of a loss to come", () => {
  it.each([
    ["element", ofElements],
    ["row", ofRows],
  ] as const)("is drawn by the server for kind %s", async (_, of) => {
    const { subject, settings } = of();
    const app = createSSRApp(ExplorerView, { subject, start: settings.args });
    const html = await renderToString(app);
    const { value, figures } = pictureOf(subject, settings);
    expect(html).toContain(`<strong>${formatNumber(value as number)}</strong>`);
    for (const { title } of figures) expect(html).toContain(title);
    for (const { name } of subject.api.options) {
      const hasControl = !["out", "axis", "sampleWeight", "differentiate"].includes(name);
      expect(html.includes(`>${name}</label>`), name).toBe(hasControl);
    }
  });
});
