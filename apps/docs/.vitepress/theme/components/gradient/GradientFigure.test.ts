import { softmax } from "@surprisal/core";
import { crossEntropy } from "@surprisal/losses";
import type { Locator, Page } from "playwright-core";
import { expect, test } from "vitest";
import { useSite } from "../../../../test/openSite.ts";
import { formatNumber } from "../formatNumber.ts";
import { descend, losses, startDescent } from "./descent.ts";
import { gradientPicture } from "./gradientPicture.ts";

const site = useSite();

function openTutorial(javaScriptEnabled = true): Promise<Page> {
  return site.open("/tutorials/what-the-gradient-says", { javaScriptEnabled });
}

/** Returns the numbers that a bar figure shows. */
function numbers(figure: Locator, title: string): Promise<string[]> {
  return figure.locator("figure", { hasText: title }).locator(".value").allInnerTexts();
}

const logits = [2, 1, 0, -1];

test("the gradient is softmax minus one-hot, shown without JavaScript", async () => {
  const page = await openTutorial(false);
  const figure = page.getByRole("region", { name: "The gradient of one row" });
  const p = softmax(logits);
  expect(await numbers(figure, "Softmax")).toEqual(p.map(formatNumber));
  expect(await numbers(figure, "Target")).toEqual(["0", "1", "0", "0"]);
  expect(await numbers(figure, "Gradient")).toEqual(
    p.map((value, j) => formatNumber(value - Number(j === 1))),
  );
  await page.close();
});

test("the bars follow a logit that is moved by keyboard, and the selected target", async () => {
  const page = await openTutorial();
  const figure = page.getByRole("region", { name: "The gradient of one row" });
  const slider = figure.getByRole("slider", { name: "Logit 3" });
  for (let i = 0; i < 5; i++) await slider.press("ArrowRight");
  await figure.getByRole("combobox", { name: "Target" }).selectOption("class 2");
  const { value, grad } = crossEntropy.valueAndGrad([2, 1, 0, -0.5], 2);
  expect(await numbers(figure, "Gradient")).toEqual(grad.map(formatNumber));
  expect(await figure.locator("strong").innerText()).toBe(formatNumber(value));
  await page.close();
});

test.each([
  ["With label smoothing", "ε", { labelSmoothing: 0.2 }, { labelSmoothing: 0.25 }],
  [
    "With a class weight",
    "weight",
    { weight: [1, 3, 1, 1], reduction: "sum" },
    { weight: [1, 3.25, 1, 1], reduction: "sum" },
  ],
] as const)(
  "%s, the first gradient shows the effect, and the next is the library's too",
  async (name, label, first, next) => {
    const page = await openTutorial();
    const figure = page.getByRole("region", { name });
    const gradientOf = (options: typeof first | typeof next) =>
      crossEntropy.valueAndGrad(logits, 1, options).grad.map(formatNumber);
    expect(await numbers(figure, "Gradient")).toEqual(gradientOf(first));
    await figure.getByRole("slider", { name: label }).press("ArrowRight");
    expect(await numbers(figure, "Gradient")).toEqual(gradientOf(next));
    await page.close();
  },
);

test("a temperature divides the logits and the gradient", async () => {
  const page = await openTutorial();
  const figure = page.getByRole("region", { name: "With a temperature" });
  await figure.getByRole("slider", { name: "T", exact: true }).press("End");
  const { grad } = crossEntropy.valueAndGrad(
    logits.map((x) => x / 4),
    1,
  );
  expect(await numbers(figure, "Softmax")).toEqual(
    softmax(logits, { temperature: 4 }).map(formatNumber),
  );
  expect(await numbers(figure, "Gradient")).toEqual(grad.map((g) => formatNumber(g / 4)));
  await page.close();
});

test("descent takes single steps, and starts again", async () => {
  const page = await openTutorial();
  const figure = page.getByRole("region", { name: "Descent on the logits" });
  await figure.getByRole("button", { name: "One step" }).click();
  await figure.getByRole("button", { name: "Ten steps" }).click();
  let descent = startDescent(logits);
  for (let i = 0; i < 11; i++) descent = descend(descent, 1, 1);
  expect(await numbers(figure, "Logits")).toEqual(descent.logits.map(formatNumber));
  expect(await numbers(figure, "Loss")).toEqual(losses(descent, 1).slice(-6).map(formatNumber));
  await figure.getByRole("button", { name: "Start again" }).click();
  expect(await numbers(figure, "Logits")).toEqual(logits.map(formatNumber));
  await page.close();
});

test("descent lowers the loss at every step, and the gradient adds up to 0", () => {
  let descent = startDescent(logits);
  for (let i = 0; i < 50; i++) descent = descend(descent, 1, 1);
  const course = losses(descent, 1);
  expect(course.every((loss, i) => i === 0 || loss < course[i - 1])).toBe(true);
  expect(course.at(-1)).toBeLessThan(0.05);
  for (const labelSmoothing of [0, 0.3]) {
    const settings = { logits, target: 1, labelSmoothing, weight: 2, temperature: 3 };
    const { gradient, wanted } = gradientPicture(settings);
    expect(gradient.reduce((a, b) => a + b)).toBeCloseTo(0, 15);
    expect(wanted.reduce((a, b) => a + b)).toBeCloseTo(1, 15);
  }
});
