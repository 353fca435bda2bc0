import { expect, test } from "vitest";
import { useSite } from "../../../../test/openSite.ts";

const site = useSite();
const path = "/tutorials/learning-past-certainty";

test("without JavaScript, the untrained network and the recorded result are shown", async () => {
  const page = await site.open(path, { javaScriptEnabled: false });
  const figure = page.getByRole("region", { name: "Two trainings side by side" });
  expect(await figure.locator(".loss").allInnerTexts()).toEqual(["3.1370", "3.1370"]);
  await page.getByText("The result").click();
  const last = page.getByRole("row", { name: /^2000/ });
  const [rounded, exact] = await last.getByRole("cell").allInnerTexts();
  expect(Number(rounded.replace("−", "-"))).toBeGreaterThan(1e-9);
  expect(Number(exact.replace("−", "-"))).toBeLessThan(1e-20);
  await page.close();
});

test("two trainings run in the page, and their ends are set beside the guesses", {
  timeout: 200_000,
}, async () => {
  const page = await site.open(path);
  const figure = page.getByRole("region", { name: "Two trainings side by side" });
  await figure.getByRole("slider", { name: "crossEntropy" }).press("End");
  await figure.getByRole("button", { name: "Train both" }).click();
  await figure.locator(".result", { hasText: "After 2000 steps" }).waitFor({ timeout: 180_000 });
  const [rounded, exact] = (await figure.locator(".loss").allInnerTexts()).map((text) =>
    Number(text.replace("−", "-")),
  );
  expect(rounded).toBeGreaterThan(1e-9);
  expect(exact).toBeLessThan(1e-20);
  const result = await figure.locator(".result").innerText();
  expect(result).toContain("your guess 1e−6");
  expect(result).toContain("your guess 1.");
  expect(await figure.locator("path.line").first().getAttribute("d")).toMatch(/^M0 [\d.]+L/);
  await page.close();
});

test("a choice opens the answer and gets a verdict, and without JavaScript the answer can be opened", async () => {
  const page = await site.open(path);
  const first = page.getByRole("region", { name: "Predict first" }).first();
  await first.getByRole("radio", { name: "exactly 0" }).check();
  await first.getByText("Right.").waitFor();
  expect(await first.getByText("The nearest float32").isVisible()).toBe(true);
  await first.getByRole("radio", { name: "the nearest step" }).check();
  await first.getByText("Not quite: exactly 0.").waitFor();
  await page.close();

  const still = await site.open(path, { javaScriptEnabled: false });
  const answer = still.getByText("The nearest float32");
  expect(await answer.isVisible()).toBe(false);
  await still.getByText("Why", { exact: true }).first().click();
  expect(await answer.isVisible()).toBe(true);
  await still.close();
});
