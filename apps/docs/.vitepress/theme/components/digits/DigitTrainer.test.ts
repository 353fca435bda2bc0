import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { gunzipSync } from "node:zlib";
import type { Locator, Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { useSite } from "../../../../test/openSite.ts";
import { formatNumber } from "../formatNumber.ts";
import { largestDifference } from "./courseCurve.ts";
import { blank, pixelsOf, side, stroke } from "./drawing.ts";
import { models, routes } from "./setup.ts";
import { networkOf, startTraining } from "./training.ts";

const file = createRequire(import.meta.url).resolve("@surprisal/digits/digits.csv.gz");
const csv = gunzipSync(readFileSync(file)).toString();
const linear = Object.keys(models)[0];

describe("the training", () => {
  test("has the same losses and the same network by each route", () => {
    const courses = Object.keys(routes).map((route) => {
      const training = startTraining(csv, route, linear);
      training.next();
      return training.next();
    });
    for (const { losses, confusion } of courses) {
      losses.forEach((loss, i) => {
        expect(loss).toBeCloseTo(courses[0].losses[i], 5);
      });
      expect(confusion).toEqual(courses[0].confusion);
    }
  });

  test("counts each held-out image once, and the diagonal gives the accuracy", () => {
    const { confusion, accuracies } = startTraining(csv, "crossEntropy", linear).next();
    const all = confusion.reduce((a, b) => a + b);
    const right = confusion.filter((_, i) => i % 11 === 0).reduce((a, b) => a + b);
    expect(all).toBe(359);
    expect(right / all).toBeCloseTo(accuracies[0], 12);
  });

  test("reports the misread images, as many as are beside the diagonal", () => {
    const { confusion, misread } = startTraining(csv, "crossEntropy", linear).next();
    const counts = new Array<number>(100).fill(0);
    for (const { label, answer } of misread) counts[10 * label + answer]++;
    expect(misread.length).toBeGreaterThan(0);
    expect(counts).toEqual(confusion.map((count, i) => (i % 11 === 0 ? 0 : count)));
    for (const { pixels } of misread) {
      expect(pixels).toHaveLength(64);
      expect(Math.max(...pixels)).toBeLessThanOrEqual(1);
    }
  });

  test("reports parameters from which the page makes the same network", () => {
    const training = startTraining(csv, "crossEntropy", linear);
    const { parameters } = training.next();
    const network = networkOf(linear, parameters);
    expect(network.parameters.map(({ values }) => [...values])).toEqual(
      parameters.map((values) => [...values]),
    );
    expect(parameters[0].some((weight) => weight !== 0)).toBe(true);
  });
});

describe("a drawing", () => {
  test("is scaled to fill the square, and each pixel counts its ink", () => {
    const middle = side / 2;
    const line = stroke(blank(), { x: middle, y: 12 }, { x: middle, y: 20 });
    const pixels = pixelsOf(line);
    const rows = Array.from({ length: 8 }, (_, r) => pixels.slice(8 * r, 8 * r + 8));
    expect(rows.every((row) => row.some((pixel) => pixel > 0))).toBe(true);
    expect(rows.every((row) => row[0] === 0 && row[7] === 0)).toBe(true);
    expect(Math.max(...pixels)).toBeLessThanOrEqual(1);
  });

  test("is empty if nothing is drawn", () => {
    expect([...pixelsOf(blank())]).toEqual(new Array(64).fill(0));
  });

  test("a stroke does not change the drawing that it starts from", () => {
    const before = blank();
    stroke(before, { x: 1, y: 1 }, { x: 5, y: 5 });
    expect(before.every((ink) => ink === 0)).toBe(true);
  });
});

describe("on the page", () => {
  const site = useSite();

  async function open(): Promise<{ page: Page; figure: Locator }> {
    const page = await site.open("/tutorials/train-a-digit-classifier");
    return { page, figure: page.getByRole("region", { name: "A digit classifier" }) };
  }

  const accuracyIn = async (figure: Locator) =>
    Number.parseFloat(await figure.locator(".accuracy").innerText());

  async function trainTo(figure: Locator, accuracy: number): Promise<void> {
    await figure.getByRole("button", { name: "Train", exact: true }).click();
    await figure.locator(".epoch").waitFor();
    await expect.poll(() => accuracyIn(figure), { timeout: 30_000 }).toBeGreaterThan(accuracy);
    await figure.getByRole("button", { name: "Pause" }).click();
    // The epoch that was running is still reported.
    let epoch = "";
    while (epoch !== (await figure.locator(".epoch").innerText())) {
      epoch = await figure.locator(".epoch").innerText();
      await figure.page().waitForTimeout(300);
    }
  }

  test("a recorded run is shown without JavaScript", async () => {
    const page = await site.open("/tutorials/train-a-digit-classifier", {
      javaScriptEnabled: false,
    });
    const figure = page.getByRole("region", { name: "A digit classifier" });
    expect(await figure.innerText()).toContain("Recorded when this page was built, 20 epochs");
    expect(await accuracyIn(figure)).toBeGreaterThan(90);
    expect(await figure.locator("tbody td").count()).toBe(100);
    const misread = figure.getByRole("figure", { name: "Misread digits" });
    expect(await misread.getByText("read as").count()).toBeGreaterThan(0);
    await page.close();
  });

  test("the training reaches 90 % within 30 seconds, pauses, goes on, and ends", {
    timeout: 90_000,
  }, async () => {
    const { page, figure } = await open();
    await trainTo(figure, 90);
    const epochOf = async () => Number(await figure.locator(".epoch").innerText());
    const paused = await epochOf();
    const model = figure.getByRole("combobox", { name: "Model" });
    await model.selectOption("one hidden layer of 32");
    await figure.getByRole("button", { name: "Train", exact: true }).waitFor();
    await model.selectOption(linear);
    await figure.getByRole("button", { name: "Go on" }).click();
    await expect.poll(epochOf, { timeout: 30_000 }).toBeGreaterThan(paused);
    await figure.getByRole("status").waitFor({ timeout: 30_000 });
    expect(await epochOf()).toBe(20);
    await figure.getByRole("button", { name: "Start again" }).click();
    await figure.getByRole("button", { name: "Train", exact: true }).waitFor();
    await page.close();
  });

  test("two routes are laid over each other", { timeout: 60_000 }, async () => {
    const { page, figure } = await open();
    await figure
      .getByRole("combobox", { name: "Compare with" })
      .selectOption("softmax, log, then NLL");
    await figure.getByRole("combobox", { name: "Epochs" }).selectOption("10");
    await figure.getByRole("button", { name: "Train", exact: true }).click();
    await figure.getByRole("status").waitFor({ timeout: 30_000 });
    await figure.locator("figure.curve .area").hover();
    expect(await figure.locator(".reading").innerText()).toMatch(/^5\.5: loss, crossEntropy 0\./);
    const labels = await figure.locator("figure.curve li").allInnerTexts();
    expect(labels.map((label) => label.replace(/ [\d.]+$/, "").trim())).toEqual([
      "loss, crossEntropy",
      "held-out error, crossEntropy",
      "loss, softmax, log, then NLL",
      "held-out error, softmax, log, then NLL",
    ]);
    const courses = ["crossEntropy", "softmax, log, then NLL"].map((route) => {
      const training = startTraining(csv, route, linear);
      for (let i = 1; i < 10; i++) training.next();
      return training.next();
    });
    expect(await figure.locator(".difference").innerText()).toContain(
      formatNumber(largestDifference(courses)),
    );
    await page.close();
  });

  test("another route has the same loss after an epoch", { timeout: 90_000 }, async () => {
    const { page, figure } = await open();
    await figure.getByRole("combobox", { name: "Route" }).selectOption("softmax, log, then NLL");
    await trainTo(figure, 80);
    const training = startTraining(csv, "crossEntropy", linear);
    // Both are read at once, because the epoch that was running may still be reported.
    const shown = await figure.locator(".epoch, .loss").allInnerTexts();
    let progress = training.next();
    while (progress.losses.length < Number(shown[0])) progress = training.next();
    expect(shown[1]).toBe(progress.losses.at(-1)?.toFixed(4));
    await page.close();
  });

  test("a drawing by mouse or keyboard is classified, by the recorded network too", {
    timeout: 60_000,
  }, async () => {
    const { page, figure } = await open();
    const values = async () =>
      (await figure.locator("figure.bars .value").allInnerTexts()).map((text) =>
        Number(text.replace("−", "-")),
      );
    expect(await values()).toEqual([]);
    await figure.getByText("Nothing is drawn").waitFor();
    await figure.locator("canvas").scrollIntoViewIfNeeded();
    const box = await figure.locator("canvas").boundingBox();
    if (box === null) throw new Error("There is nothing to draw on.");
    await page.mouse.move(box.x + box.width / 2, box.y + 0.1 * box.height);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width / 2, box.y + 0.9 * box.height, { steps: 5 });
    await page.mouse.up();
    await figure.locator("figure.bars .value").first().waitFor();
    const ofLine = await values();
    expect(ofLine.reduce((a, b) => a + b)).toBeCloseTo(1, 2);

    await figure.getByRole("button", { name: "Clear" }).click();
    expect(await values()).toEqual([]);
    await figure.locator("canvas").press("Space");
    for (let i = 0; i < 12; i++) await figure.locator("canvas").press("ArrowDown");
    expect((await values()).reduce((a, b) => a + b)).toBeCloseTo(1, 2);
    await page.close();
  });
});
