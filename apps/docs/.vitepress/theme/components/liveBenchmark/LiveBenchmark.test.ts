import { kernels, useKernels } from "@surprisal/core";
import { afterAll, describe, expect, test } from "vitest";
import { useSite } from "../../../../test/openSite.ts";
import { benchmarkCases, caseCount } from "./cases.ts";
import { type CaseResult, checkAnswers, runCase } from "./runCase.ts";

describe("the benchmark cases", () => {
  afterAll(() => {
    useKernels("auto");
  });

  test("all kernels agree with the plain loop, and are timed", async () => {
    const sampling = { rounds: 1, warmUpMilliseconds: 0, sampleMilliseconds: 0 };
    const results: CaseResult[] = [];
    for (const one of benchmarkCases()) results.push(await runCase(one, sampling));
    expect(results).toHaveLength(caseCount);
    for (const { times } of results) {
      expect(times).toHaveLength(1 + kernels().available.length);
      expect(times.every(({ time }) => time > 0)).toBe(true);
    }
  });

  test("an implementation with another result is an error", async () => {
    const fake = (name: string, answer: number[]) => ({
      name,
      prepare() {},
      compute() {},
      answer: () => answer,
    });
    const plain = fake("plain", [1, 2]);
    const check = (name: string, answer: number[]) =>
      checkAnswers([plain, fake(name, answer)], "sums");
    await check("right", [1.00001, 2]);
    await expect(check("wrong", [1.0001, 2])).rejects.toThrow(
      "wrong gives another result for sums.",
    );
    await expect(check("NaN", [Number.NaN, 2])).rejects.toThrow("NaN");
  });
});

describe("on the page", () => {
  const site = useSite();

  test("the benchmark runs in a worker and draws every case", { timeout: 180_000 }, async () => {
    const page = await site.open("/guide/performance");
    const figure = page.getByRole("region", { name: "The benchmark in your browser" });
    await figure.getByRole("button", { name: "Run it here" }).click();
    await figure.getByRole("button", { name: "Stop" }).waitFor();
    await figure
      .getByText("Speed relative to the plain loop")
      .waitFor({ state: "visible", timeout: 150_000 });
    expect(await figure.locator("figure").count()).toBe(caseCount);
    const values = (await figure.locator(".value").allInnerTexts()).map(Number.parseFloat);
    expect(values.length).toBe(caseCount * 3);
    expect(values.every((value) => value > 0)).toBe(true);
    await page.close();
  });

  test("the benchmark can be stopped", async () => {
    const page = await site.open("/guide/performance");
    const figure = page.getByRole("region", { name: "The benchmark in your browser" });
    await figure.getByRole("button", { name: "Run it here" }).click();
    await figure.getByRole("button", { name: "Stop" }).click();
    await figure.getByRole("button", { name: "Run it here" }).waitFor();
    await page.close();
  });
});
