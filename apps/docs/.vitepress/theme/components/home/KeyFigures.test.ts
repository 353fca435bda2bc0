import { crossEntropy } from "@surprisal/losses";
import { expect, test } from "vitest";
import { useSite } from "../../../../test/openSite.ts";
import loader from "../benchmarkResults/results.data.ts";
import { measurementsOf, ours, shapesOf, speedups } from "../benchmarkResults/results.ts";
import { formatNumber } from "../formatNumber.ts";
import { extremeSpeeds, type Speeds } from "./speeds.ts";

const site = useSite();

test("the speeds are those of the large batches where we are furthest ahead and behind", () => {
  const results = loader.load();
  const [ahead, behind] = extremeSpeeds(results);
  const ownOf = ({ bars }: Speeds) => bars.find(({ marked }) => marked)?.value ?? Number.NaN;
  for (const shape of shapesOf(results, "speed")) {
    const found = measurementsOf(results, "speed", "crossEntropy", shape);
    const own = speedups(found).find(({ implementation }) => implementation === ours)?.ratio;
    if (own === undefined || found[0].elements < 1e5) continue;
    expect(own).toBeLessThanOrEqual(ownOf(ahead));
    expect(own).toBeGreaterThanOrEqual(ownOf(behind));
  }
  expect(ownOf(behind)).toBeLessThan(ownOf(ahead));
  for (const { bars } of [ahead, behind]) {
    const labels = bars.map(({ label }) => label);
    for (const name of ["Surprisal", "PyTorch"]) {
      expect(labels).toContainEqual(expect.stringMatching(`^${name}, 1 thread`));
      expect(labels).toContainEqual(expect.stringMatching(`^${name}, 2 threads`));
    }
  }
});

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
  const [ahead, behind] = extremeSpeeds(loader.load());
  const figures = fast.locator("figure.bars");
  for (const [i, { shape, bars }] of [ahead, behind].entries()) {
    expect(await figures.nth(i).locator("figcaption").innerText()).toContain(shape);
    expect(await figures.nth(i).locator(".label").allInnerTexts()).toEqual(
      bars.map(({ label }) => label),
    );
  }

  const understandable = page.getByRole("region", { name: "Understandable" });
  await understandable.getByRole("slider", { name: "Class 1" }).press("End");
  const { grad } = crossEntropy.valueAndGrad([2, 10, 0], 1);
  expect(await understandable.locator("figure .value").allInnerTexts()).toEqual(
    grad.map(formatNumber),
  );
  await page.close();
});
