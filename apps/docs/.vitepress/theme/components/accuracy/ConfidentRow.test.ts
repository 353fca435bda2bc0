import { crossEntropy } from "@surprisal/losses";
import { expect, test } from "vitest";
import { useSite } from "../../../../test/openSite.ts";
import { formatNumber } from "../formatNumber.ts";
import { trueLoss, ways } from "./confidentRow.ts";

const site = useSite();

test("only the library keeps the digits of the loss of a confident row", () => {
  for (let gap = 0; gap <= 25; gap += 0.5) {
    const [, logOfSoftmax, , library] = ways(gap);
    expect(library.ulp).toBeLessThan(1);
    if (gap > 18) expect(logOfSoftmax.loss).toBe(0);
  }
  expect(trueLoss(20)).toBeCloseTo(crossEntropy([20, 0, 0], 0), 20);
});

test("the numbers follow the slider", async () => {
  const page = await site.open("/guide/accuracy");
  const figure = page.getByRole("region", { name: "The loss of a confident row" });
  const shown = async () =>
    (await figure.locator("tbody tr").all()).map((row) => row.locator("td").first().innerText());
  const expected = (gap: number) => ways(gap).map(({ loss }) => formatNumber(loss));
  expect(await Promise.all(await shown())).toEqual(expected(16));
  await figure.getByRole("slider", { name: "Gap" }).press("End");
  expect(await Promise.all(await shown())).toEqual(expected(25));
  expect(await figure.locator(".true").innerText()).toBe(formatNumber(trueLoss(25)));
  await page.close();
});
