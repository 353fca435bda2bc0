import { fitTemperature } from "@surprisal/evaluation";
import type { Locator, Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { predictionsOf } from "../../../../models/heldOutDigits/index.ts";
import { useSite } from "../../../../test/openSite.ts";
import { formatNumber } from "../formatNumber.ts";
import { judge } from "./honesty.ts";

describe("the numbers of the tutorial", () => {
  test("the network is too sure of the images that it is over 90 % sure of", () => {
    const { bins, accuracy, confidence } = judge(predictionsOf("network").judged, 1);
    const last = bins[9];
    expect([last.count, last.accuracy.toFixed(2), last.confidence.toFixed(2)]).toEqual([
      491,
      "0.93",
      "0.99",
    ]);
    expect(confidence).toBeGreaterThan(accuracy + 0.05);
    expect(bins.reduce((sum, { count }) => sum + count, 0)).toBe(600);
  });

  test("the linear model is not sure enough, and its temperature is 0.59", () => {
    const { fitted, judged } = predictionsOf("linear");
    const { accuracy, confidence } = judge(judged, 1);
    expect(accuracy).toBeGreaterThan(confidence + 0.05);
    expect(fitTemperature(fitted.logits, fitted.labels).temperature.toFixed(2)).toBe("0.59");
  });

  test("the temperature of one half improves the other, and changes no answer", () => {
    for (const model of ["network", "linear"] as const) {
      const { fitted, judged } = predictionsOf(model);
      const { temperature } = fitTemperature(fitted.logits, fitted.labels);
      const [before, after] = [judge(judged, 1), judge(judged, temperature)];
      expect(after.accuracy).toBe(before.accuracy);
      expect(after.calibrationError).toBeLessThan(0.6 * before.calibrationError);
      expect(after.loss).toBeLessThan(before.loss);
    }
  });
});

describe("on the page", () => {
  const site = useSite();
  const open = async (javaScriptEnabled: boolean): Promise<{ page: Page; figure: Locator }> => {
    const page = await site.open("/tutorials/is-your-classifier-honest", { javaScriptEnabled });
    return { page, figure: page.getByRole("region", { name: "The reliability of a classifier" }) };
  };

  const shown = async (figure: Locator) => ({
    measures: await figure.locator("dd").allInnerTexts(),
    counts: (await figure.locator("svg text.count").allTextContents()).map((text) => text.trim()),
  });

  const expected = (model: "network" | "linear", temperature: number) => {
    const honesty = judge(predictionsOf(model).judged, temperature);
    const percent = (value: number) => `${(100 * value).toFixed(1)} %`;
    return {
      measures: [
        percent(honesty.confidence),
        percent(honesty.accuracy),
        percent(honesty.calibrationError),
        formatNumber(honesty.loss),
      ],
      counts: honesty.bins.filter(({ count }) => count > 0).map(({ count }) => String(count)),
    };
  };

  test("the diagram is shown without JavaScript", async () => {
    const { page, figure } = await open(false);
    expect(await shown(figure)).toEqual(expected("network", 1));
    await page.close();
  });

  test("the diagram follows the temperature and the model, and the fit finds the temperature", async () => {
    const { page, figure } = await open(true);
    await figure.getByRole("slider", { name: "Temperature" }).press("End");
    expect(await shown(figure)).toEqual(expected("network", 4));
    await figure
      .getByRole("combobox", { name: "Model" })
      .selectOption("one linear layer, 30 epochs");
    expect(await shown(figure)).toEqual(expected("linear", 1));
    await figure.getByRole("button", { name: "Fit the temperature" }).click();
    const { logits, labels } = predictionsOf("linear").fitted;
    const { temperature } = fitTemperature(logits, labels);
    expect(await figure.locator(".fitted").innerText()).toContain(formatNumber(temperature));
    expect(await shown(figure)).toEqual(expected("linear", Math.round(100 * temperature) / 100));
    await page.close();
  });
});
