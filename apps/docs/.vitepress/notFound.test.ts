import { expect, test } from "vitest";
import { useSite } from "../test/openSite.ts";

const site = useSite();

test.each([true, false])(
  "a missing page says so and leads to the start, JavaScript: %s",
  async (on) => {
    const page = await site.open("/no/such/page", { javaScriptEnabled: on });
    expect(await page.getByRole("heading", { level: 1 }).innerText()).toBe("Page not found");
    expect(await page.getByRole("heading", { level: 1 }).count()).toBe(1);
    await page.getByRole("link", { name: "To the start" }).click();
    await page.waitForURL(`${site.url}/`);
    expect(await page.title()).toContain("Surprisal");
    await page.close();
  },
);

test("a missing page searches for the words of its address", async () => {
  const page = await site.open("/losses/cross-entropy.html");
  const words = page.getByRole("searchbox", { name: "Words to search for" });
  await expect.poll(() => words.inputValue()).toBe("cross entropy");
  await page.locator(".missing-page button").click();
  await page.locator('[role="option"] a').first().waitFor();
  expect(await page.locator('[role="option"] a').first().getAttribute("href")).toContain("ntropy");
  await page.close();
});
