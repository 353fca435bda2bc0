import { kernels, useKernels } from "@surprisal/core";
import { afterAll, describe, expect, test } from "vitest";
import { heats, shapes } from "../.vitepress/theme/components/runHere/heats.ts";
import { checkAnswers, race } from "../.vitepress/theme/components/runHere/race.ts";
import { useVisitor } from "./visitor.ts";

describe("the heats", () => {
  afterAll(() => {
    useKernels("auto");
  });

  test("everyone agrees with the plain loop, and is timed", () => {
    const outcomes = [...heats()].map((heat) => race(heat, { rounds: 1, turn: 0, warmUp: 0 }));
    expect(outcomes).toHaveLength(3 * shapes.length);
    for (const { times } of outcomes) {
      expect(times).toHaveLength(1 + kernels().available.length);
      expect(times.every(({ time }) => time > 0)).toBe(true);
    }
  });

  test("who gives another result is found out", () => {
    const runner = (name: string, answer: number[]) => ({
      name,
      prepare() {},
      compute() {},
      answer: () => answer,
    });
    const plain = runner("plain", [1, 2]);
    expect(() => checkAnswers([plain, runner("right", [1.00001, 2])], "sums")).not.toThrow();
    expect(() => checkAnswers([plain, runner("wrong", [1.0001, 2])], "sums")).toThrow(
      "wrong gives another result for sums.",
    );
    expect(() => checkAnswers([plain, runner("NaN", [Number.NaN, 2])], "sums")).toThrow("NaN");
  });
});

describe("on the page", () => {
  const visitor = useVisitor();

  test("the benchmark runs in a worker and draws every heat", { timeout: 180_000 }, async () => {
    const page = await visitor.open("/guide/performance");
    const figure = page.getByRole("region", { name: "The benchmark in your browser" });
    await figure.getByRole("button", { name: "Run it here" }).click();
    await figure.getByRole("button", { name: "Stop" }).waitFor();
    await figure
      .getByText("Times as fast as the plain loop")
      .waitFor({ state: "visible", timeout: 150_000 });
    expect(await figure.locator("figure").count()).toBe(3 * shapes.length);
    const values = (await figure.locator(".value").allInnerTexts()).map(Number.parseFloat);
    expect(values.length).toBe(3 * shapes.length * 3);
    expect(values.every((value) => value > 0)).toBe(true);
    await page.close();
  });

  test("it can be stopped", async () => {
    const page = await visitor.open("/guide/performance");
    const figure = page.getByRole("region", { name: "The benchmark in your browser" });
    await figure.getByRole("button", { name: "Run it here" }).click();
    await figure.getByRole("button", { name: "Stop" }).click();
    await figure.getByRole("button", { name: "Run it here" }).waitFor();
    await page.close();
  });
});
