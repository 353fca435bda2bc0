import { crossEntropy } from "@surprisal/losses";
import { expect, test } from "vitest";
import { useSite } from "../../../../test/openSite.ts";
import { formatNumber } from "../formatNumber.ts";

const site = useSite();

test("the figures show that the losses are exact, fast and understandable", async () => {
  const page = await site.open("/");

  const exact = page.getByRole("region", { name: "Exact" });
  const losses = () => exact.locator("dd").allInnerTexts();
  const own = (gap: number) => formatNumber(crossEntropy(new Float32Array([gap, 0, 0]), 0));
  expect(await losses()).toEqual(["0", own(20), formatNumber(Math.log1p(2 * Math.exp(-20)))]);
  expect(own(20)).toBe(formatNumber(Math.log1p(2 * Math.exp(-20))));
  await exact.getByRole("slider", { name: "Gap" }).press("Home");
  expect((await losses())[1]).toBe(own(0));

  const fast = page.getByRole("region", { name: "Fast" });
  const ratios = (await fast.locator(".value").allInnerTexts()).map(Number.parseFloat);
  const [ours, ...others] = ratios;
  expect(others.length).toBeGreaterThanOrEqual(2);
  expect(ours).toBeGreaterThan(Math.max(...others));

  const understandable = page.getByRole("region", { name: "Understandable" });
  await understandable.getByRole("slider", { name: "Class 1" }).press("End");
  const { grad } = crossEntropy.valueAndGrad([2, 10, 0], 1);
  expect(await understandable.locator("figure .value").allInnerTexts()).toEqual(
    grad.map(formatNumber),
  );
  await page.close();
});
