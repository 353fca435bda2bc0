import { expect, test } from "vitest";
import { useSite } from "../test/openSite.ts";
import { foldTables } from "./foldTables.ts";

const site = useSite();

const table = (...lines: string[]) => `before\n\n${lines.join("\n")}\n\nafter\n`;

test("type and default are below the description, if they are given", () => {
  const wide = table(
    "| Property | Type | Default value | Description |",
    "| ------ | ------ | ------ | ------ |",
    '| `axis?` | `number` \\| `"all"` | `-1` | The axis. |',
    "| `out?` | `object` | `undefined` | Receives. |",
  );
  const folded = table(
    "| property | meaning, type and default |",
    "| --- | --- |",
    '| `axis?` | The axis.<br>`number` \\| `"all"`, default `-1` |',
    "| `out?` | Receives.<br>`object` |",
  );
  expect(foldTables(wide)).toBe(folded);
});

test("a modifier stays with its type", () => {
  const wide = table(
    "| Property | Modifier | Type |",
    "| ------ | ------ | ------ |",
    "| `shape` | `readonly` | readonly `number`[] |",
  );
  expect(foldTables(wide)).toBe(
    table("| property | type |", "| --- | --- |", "| `shape` | `readonly` readonly `number`[] |"),
  );
});

test("tables of two columns do not change", () => {
  const narrow = table("| Function | Description |", "| ------ | ------ |", "| a | b |");
  expect(foldTables(narrow)).toBe(narrow);
});

test("on a phone, the options of a loss do not scroll sideways", async () => {
  const viewport = { width: 375, height: 800 };
  const page = await site.open("/reference/losses/interfaces/CrossEntropyOptions", { viewport });
  const cells = page.locator("#property-labelsmoothing").locator("xpath=ancestor::tr/td");
  expect(await cells.last().innerText()).toContain("from 0 to 1");
  const boxes = await Promise.all((await cells.all()).map((cell) => cell.boundingBox()));
  for (const box of boxes) {
    expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(viewport.width);
  }
  await page.close();
});
