import { globSync, readFileSync } from "node:fs";
import * as core from "@surprisal/core";
import * as evaluation from "@surprisal/evaluation";
import * as language from "@surprisal/language";
import * as losses from "@surprisal/losses";
import { holds, runExample } from "@surprisal/testing";
import { describe, expect, test } from "vitest";
import { functions } from "../../../../test/paths.ts";
import { queryOf, stateIn } from "./address.ts";
import { controlsOf, fieldsOf, type Ranges } from "./controls.ts";
import { curveOf } from "./curveOf.ts";
import { type Exploration, makeSubject } from "./makeSubject.ts";
import { evaluationPackage } from "./packages/evaluation.ts";
import { languagePackage } from "./packages/language.ts";
import { panelsOf } from "./panels.ts";
import { pictureOf } from "./picture.ts";
import { type PresetKind, presetsOf } from "./presets.ts";
import { type OptionValue, type Settings, type Subject, startOf } from "./subject.ts";
import { writeCode } from "./writeCode.ts";

const root = new URL("../../../../../../", import.meta.url);
const packages = { evaluationPackage, languagePackage };

interface Page {
  readonly name: string;
  readonly subject: Subject;
  readonly first: Settings;
  readonly ranges: Ranges;
  readonly presets?: PresetKind;
}

/** Returns the values of the attributes of the explorer in a page. */
function readAttributes(file: string): Record<string, unknown> {
  const tag = /<Explorer\s([\s\S]*?)\/>/.exec(readFileSync(new URL(file, root), "utf8"))?.[1] ?? "";
  const attributes = [...tag.matchAll(/(:?)(\w+)="([^"]*)"/g)];
  return Object.fromEntries(
    attributes.map(([, isBound, name, text]) => {
      const names = Object.keys(packages).join(", ");
      const read = isBound ? new Function(`{ ${names} }`, `return (${text});`) : () => text;
      return [name, read(packages)];
    }),
  );
}

const pages: Page[] = globSync("packages/*/src/**/*.md", { cwd: root })
  .map(readAttributes)
  .filter(({ of }) => of !== undefined)
  .map(({ start, ranges = {}, presets, ...exploration }) => {
    const all = { ...core, ...losses };
    const subject = makeSubject(exploration as unknown as Exploration, all, functions);
    const first = startOf(subject, start as Record<string, unknown>);
    return {
      name: subject.api.name,
      subject,
      first,
      ranges: ranges as Ranges,
      presets: presets as PresetKind | undefined,
    };
  });

const pageOf = (name: string) => {
  const page = pages.find((one) => one.name === name);
  if (page === undefined) throw new Error(`No page explores ${name}.`);
  return page;
};

const casesOf = ({ subject, first, ranges, presets }: Page) =>
  presetsOf(subject, first, ranges, presets);

const modules = {
  "@surprisal/core": core,
  "@surprisal/evaluation": evaluation,
  "@surprisal/language": language,
  "@surprisal/losses": losses,
};

test("all functions with options but the backward ones are explored", () => {
  const expected = functions
    .map(({ name }) => name)
    .filter((name) => !/Backward$|^partialG/.test(name));
  expect(pages.map(({ name }) => name).sort()).toEqual(expected.sort());
});

describe.each(pages)("the cases of $name", (page) => {
  const { subject, first, ranges } = page;
  const cases = [{ name: "start", args: first.args }, ...casesOf(page)];

  test("give pictures and code that is right", async () => {
    expect(cases.length).toBeGreaterThan(1);
    for (const { name, args } of cases) {
      const settings = { ...first, args };
      const picture = pictureOf(subject, settings);
      const code = writeCode(subject, settings, picture);
      const claims = await runExample({ line: 1, code }, modules);
      expect(claims.length, name).toBeGreaterThan(0);
      expect(
        claims.filter((claim) => !holds(claim)),
        `${name}\n${code}`,
      ).toEqual([]);
    }
  });

  test("come back from their addresses, with every option and the number that was moved", () => {
    for (const { args } of cases) {
      const options = Object.fromEntries(
        controlsOf(subject, first, ranges).map((control): [string, OptionValue] => [
          control.name,
          otherValue(first.options[control.name], control),
        ]),
      );
      const argument = subject.api.arguments[0];
      const [field] = fieldsOf(subject, first, panelsOf(subject, first)[0], ranges);
      const moved = field.element.argument === argument ? field.element : undefined;
      const settings = { args, options: { ...first.options, ...options } };
      const state = { settings, moved };
      expect(stateIn(subject, first, `?${queryOf(subject, first, state)}`)).toEqual(state);
    }
  });

  test("leave an address without query as it is", () => {
    const start = { settings: first, moved: undefined };
    expect(queryOf(subject, first, start)).toBe("");
    expect(stateIn(subject, first, "")).toEqual(start);
    expect(stateIn(subject, first, "?utm=1&reduction=most&over=x_9")).toEqual(start);
  });
});

function otherValue(
  value: OptionValue | undefined,
  control: ReturnType<typeof controlsOf>[number],
): OptionValue {
  if (control.is === "flag") return !value;
  if (control.is === "choice") return control.choices.at(-1)?.value ?? "";
  if (control.is === "sliders") return (value as readonly number[]).map((_, i) => i / 2);
  return 0.25;
}

describe("the cases of a loss of classes", () => {
  const valueIn = (name: string, presetName: string) => {
    const page = pageOf(name);
    const preset = casesOf(page).find((one) => one.name === presetName);
    if (preset === undefined) throw new Error(`${name} has no case ${presetName}.`);
    return pictureOf(page.subject, { ...page.first, args: preset.args }).value;
  };
  const start = pictureOf(pageOf("crossEntropy").subject, pageOf("crossEntropy").first).value;

  test("are what their names say", () => {
    expect(valueIn("crossEntropy", "Tie")).toBe(Math.log(3));
    expect(valueIn("crossEntropy", "All ignored")).toBe(Number.NaN);
    expect(valueIn("crossEntropy", "Confident and wrong")).toBeGreaterThan(5);
    expect(valueIn("crossEntropy", "Confident and right")).toBeLessThan(start as number);
    expect(valueIn("crossEntropy", "One class masked")).toBeLessThan(start as number);
    expect(valueIn("binaryCrossEntropyWithLogits", "Confident and wrong")).toBeGreaterThan(9);
    expect(valueIn("mseLoss", "Equal")).toBe(0);
  });
});

describe("the figure of a result", () => {
  const chartOf = (name: string, options: Settings["options"] = {}) => {
    const { subject, first } = pageOf(name);
    const { args } = first;
    const { chart } = pictureOf(subject, { args, options: { ...first.options, ...options } });
    if (chart === undefined) throw new Error(`${name} has no chart.`);
    return { chart, args: args as Record<string, never> };
  };

  test("of topLogProbs has a bar for each token", () => {
    const { chart, args } = chartOf("topLogProbs");
    const { indices, logProbs } = language.topLogProbs(args.logits as number[], args.k);
    expect(chart).toMatchObject({
      is: "bars",
      bars: indices.map((id, i) => ({ label: `token ${id}`, value: logProbs[i] })),
    });
  });

  test("of partialSoftmax has the loss of the whole vocabulary", () => {
    const { chart, args } = chartOf("partialSoftmax");
    const whole = losses.crossEntropy([args.first, args.second].flat(), args.id);
    const bars = chart.is === "bars" ? chart.bars : [];
    expect(bars.at(-1)?.value).toBeCloseTo(whole, 12);
  });

  test("of calibrationError has its bins", () => {
    const { chart, args } = chartOf("calibrationError", { bins: 4, norm: "max" });
    const bins = evaluation.reliability(args.logits, args.labels, { bins: 4 });
    expect(chart).toEqual({ is: "reliability", bins });
  });

  test("of confusionMatrix has its counts", () => {
    const { chart, args } = chartOf("confusionMatrix");
    const { data } = evaluation.confusionMatrix(args.logits, args.labels);
    expect(chart.is === "confusion" && chart.counts.flat()).toEqual([...data]);
  });

  test("of fitTemperature has its lowest loss at the temperature found", () => {
    const { chart, args } = chartOf("fitTemperature");
    const { temperature, nllAfter } = evaluation.fitTemperature(args.logits, args.labels);
    if (chart.is !== "curve") throw new Error("The chart is no curve.");
    expect(chart.at).toEqual({ x: temperature, values: [nllAfter] });
    expect(Math.min(...chart.lines[0].values)).toBeGreaterThanOrEqual(nllAfter);
    expect(Math.min(...chart.lines[0].values)).toBeCloseTo(nllAfter, 3);
  });

  test("of a function of numbers is a curve that reaches a number beyond the slider", () => {
    const { subject, first } = pageOf("sigmoid");
    const panels = panelsOf(subject, first).map((panel) => ({
      title: panel.title,
      fields: fieldsOf(subject, first, panel, {}),
    }));
    const settings = { ...first, args: { x: 40 } };
    const curve = curveOf(subject, { settings, moved: undefined }, panels);
    expect(curve).toMatchObject({ range: [-10, 40], at: { x: 40, values: [1] }, xLabel: "x" });
  });
});

test("a bias has a slider for each token, its gradient and a place in the code", () => {
  const { subject, first, ranges } = pageOf("linearCrossEntropy");
  expect(controlsOf(subject, first, ranges)).toContainEqual(
    expect.objectContaining({ name: "bias", is: "sliders" }),
  );
  expect(pictureOf(subject, first).ofOptions).toEqual([]);

  const settings = { ...first, options: { ...first.options, bias: [0, 2, 0] } };
  const picture = pictureOf(subject, settings);
  const { input, weight, target } = first.args;
  const { grads } = language.linearCrossEntropy.valueAndGrad(
    input as number[][],
    weight as number[][],
    target as number[],
    { bias: [0, 2, 0] },
  );
  expect(picture.ofOptions.map(({ title }) => title)).toEqual(["Gradient with respect to bias"]);
  expect(picture.ofOptions[0].bars.map(({ value }) => value)).toEqual(
    (grads as Record<string, unknown>).bias,
  );
  expect(writeCode(subject, settings, picture)).toContain("{ bias: [0, 2, 0] }");
});
