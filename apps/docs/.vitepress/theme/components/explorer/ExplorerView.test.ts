import { calibrationError, reliability } from "@surprisal/evaluation";
import { crossEntropy } from "@surprisal/losses";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { findViolations } from "../../../../test/findViolations.ts";
import { useSite } from "../../../../test/openSite.ts";
import { formatNumber } from "../formatNumber.ts";

const site = useSite();

/** The time that the address and the page may take to follow on a busy machine. */
const soon = { timeout: 10_000 };

async function open(path: string): Promise<Page> {
  const page = await site.open(path);
  await mounted(page);
  return page;
}

/** Waits until the explorer, which is mounted after the page, takes input. */
function mounted(page: Page) {
  return page.waitForFunction(() => {
    const button = document.querySelector(".explorer button");
    const symbols = button === null ? [] : Object.getOwnPropertySymbols(button);
    return symbols.some(({ description }) => description === "_vei");
  });
}

const explorerOf = (page: Page) => page.getByRole("region", { name: /^Explorer of/ });
const shownValue = (page: Page) => explorerOf(page).locator(".result strong").innerText();
const queryOf = (page: Page) => new URL(page.url()).search;

test("numbers can be typed, cases chosen, and the address leads back to each", async () => {
  const page = await open("/losses/crossEntropy");
  const field = explorerOf(page)
    .getByRole("group", { name: "Row 0" })
    .getByRole("textbox", { name: "Class 0" });
  const shownAt = (x: number) =>
    formatNumber(
      crossEntropy(
        [
          [x, 1, 0],
          [0, 3, 1],
        ],
        [0, 1],
      ),
    );
  expect(queryOf(page)).toBe("");

  await field.fill("-25.5");
  expect(await shownValue(page)).toBe(shownAt(-25.5));
  await expect.poll(() => queryOf(page), soon).toBe("?input=-25.5_1_0_0_3_1&over=input_0_0");
  await field.fill("-");
  expect(await field.getAttribute("aria-invalid")).toBe("true");
  expect(await shownValue(page)).toBe(shownAt(-25.5));

  await explorerOf(page).getByRole("button", { name: "One class masked" }).click();
  expect(queryOf(page)).toBe("?input=2_-Infinity_0_0_3_1");
  expect(await field.inputValue()).toBe("2");
  const masked = await shownValue(page);

  await page.goBack();
  await expect.poll(() => field.inputValue(), soon).toBe("−25.5");
  expect(await shownValue(page)).toBe(shownAt(-25.5));
  await page.goBack();
  await expect.poll(() => shownValue(page), soon).toBe(shownAt(2));
  expect(queryOf(page)).toBe("");
  await page.goForward();
  await page.goForward();
  await expect.poll(() => shownValue(page), soon).toBe(masked);

  await page.reload();
  await mounted(page);
  await expect.poll(() => shownValue(page), soon).toBe(masked);
  await explorerOf(page).getByRole("button", { name: "Reset" }).click();
  expect(await shownValue(page)).toBe(shownAt(2));
  expect(queryOf(page)).toBe("");
  await page.close();
});

test("a table of rows can be typed in, and its slider moves the number that was chosen", async () => {
  const page = await open("/evaluation/calibrationError");
  const explorer = explorerOf(page);
  const cell = (row: number, name: string) => `Row ${row}, ${name}`;
  const read = async (name: string, role: "textbox" | "combobox") =>
    Promise.all(
      Array.from({ length: 8 }, async (_, row) =>
        Number(
          (
            await explorer
              .getByRole(role, { name: cell(row, name) })
              .first()
              .inputValue()
          ).replace("−", "-"),
        ),
      ),
    );
  const data = async () => {
    const columns = [await read("Class 0", "textbox"), await read("Class 1", "textbox")];
    return {
      logits: columns[0].map((first, row) => [first, columns[1][row]]),
      labels: await read("labels", "combobox"),
    };
  };
  const expectShown = async () => {
    const { logits, labels } = await data();
    const value = calibrationError(logits, labels);
    expect(await shownValue(page)).toBe(formatNumber(value));
    const filled = reliability(logits, labels).filter(({ count }) => count > 0);
    expect(await explorer.locator(".reliability path.gap").count()).toBe(filled.length);
  };
  await expectShown();

  await explorer.getByRole("textbox", { name: cell(2, "Class 1") }).fill("0.5");
  await expectShown();
  const slider = explorer.getByRole("slider", { name: cell(2, "Class 1") });
  await slider.press("End");
  expect((await data()).logits[2]).toEqual([0, 10]);
  await explorer.getByRole("combobox", { name: cell(2, "labels") }).selectOption("class 0");
  await expectShown();
  expect(await findViolations(page, "all but navigation")).toEqual([]);
  await page.close();
});
