import { softmax } from "@surprisal/core";
import { crossEntropy } from "@surprisal/losses";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { useSite } from "../../../../test/openSite.ts";
import { shareLink } from "../runnable/shareLink.ts";
import { examples } from "./examples.ts";

const site = useSite();

const open = (path = "/playground") => site.open(path);
const outputOf = (page: Page) => page.getByRole("region", { name: "Output of the program" });
const editorOf = (page: Page) => page.getByRole("textbox", { name: "Program" });

/** Opens the playground with a program in its URL. */
async function openWith(code: string): Promise<Page> {
  const page = await open(await shareLink(code));
  await editorOf(page).waitFor();
  return page;
}

/** Runs the program in the editor and returns its output. */
async function run(page: Page): Promise<string> {
  await page.getByRole("button", { name: "Run", exact: true }).click();
  return ended(page);
}

async function ended(page: Page): Promise<string> {
  const status = outputOf(page).getByRole("status");
  await status.getByText(/^(Done|Stopped|Line|\w*Error|The program could not)/).waitFor();
  return outputOf(page).innerText();
}

test("the first example runs without any other interaction", async () => {
  const page = await open();
  const output = await run(page);
  expect(output).toContain(String(crossEntropy([2, 1, 0], 0)));
  expect(output).toContain(softmax([2, 1, 0])[0].toPrecision(6));
  await outputOf(page).getByRole("img", { name: "The probability of each class" }).waitFor();
  expect(await outputOf(page).locator("svg rect").count()).toBe(3);
  await page.close();
});

test("all examples run when they are selected, without an error", async () => {
  const page = await open();
  const menu = page.getByRole("combobox", { name: "Example" });
  expect(await menu.locator("option").count()).toBe(examples.length);
  for (const { id, title } of examples) {
    await menu.selectOption(id);
    expect(await ended(page), title).toMatch(/Done \(/);
    if (id === "train-classifier") {
      expect(await outputOf(page).innerText()).toContain("points are classified right");
    }
  }
  await page.close();
}, 120_000);

test("Ctrl-Enter runs the program that was typed, and it is there again after another page", async () => {
  const page = await openWith("");
  await editorOf(page).click();
  await page.keyboard.type("console.log(6 * 7);");
  await page.keyboard.press("Control+Enter");
  expect(await ended(page)).toMatch(/^42\n/);
  await page.goto(`${site.url}/404`);
  await page.goto(`${site.url}/playground`);
  await editorOf(page).getByText("console.log(6 * 7);").waitFor();
  await page.getByRole("combobox", { name: "Example" }).selectOption("first-loss");
  expect(await ended(page)).toContain("Done");
  await page.reload();
  await page.locator(".preview").getByText("crossEntropy(logits, target);").waitFor();
  await page.close();
});

test("an endless program is stopped, and another can run after it", async () => {
  const page = await openWith("console.log('before');\nfor (;;);");
  const output = await run(page);
  expect(output).toContain("before");
  expect(output).toContain("Stopped after two seconds");
  await editorOf(page).fill("1 + 1;");
  expect(await run(page)).toContain("Done");
  expect(await page.locator("iframe").count()).toBe(0);
  await page.close();
});

describe("a wrong program", () => {
  let page: Page;
  beforeAll(async () => {
    page = await openWith("");
  });
  afterAll(() => page.close());

  test.each([
    ["a syntax error", "const a = 1;\nconst b = ;\n", "Line 2: SyntaxError", 2],
    ["an error while it runs", "interface A {\n  a: 1;\n}\n\nnull!.x;\n", "Line 5: TypeError", 5],
    [
      "an error of the packages",
      'import { crossEntropy } from "@surprisal/losses";\n\ncrossEntropy([1, 2], 2);\n',
      "Line 3: RangeError: crossEntropy: target 2 at row 0 is out of bounds for 2 classes.",
      3,
    ],
    ["an unknown module", 'import "lodash";\n', 'can be imported here, not "lodash"', 1],
    [
      "an unknown name",
      'import { crossEntropi } from "@surprisal/losses";\ncrossEntropi();\n',
      '"@surprisal/losses" does not export crossEntropi.',
      1,
    ],
  ])("shows %s at its line", async (_, code, message, line) => {
    await editorOf(page).fill(code);
    expect(await run(page)).toContain(message);
    const marker = await page.locator(".cm-lint-marker").boundingBox();
    const number = page.locator(".cm-lineNumbers").getByText(String(line), { exact: true }).last();
    expect(marker?.y).toBeCloseTo((await number.boundingBox())?.y ?? Number.NaN, -1);
  });
});

test("a program cannot reach the network, the page or the browser's storage", async () => {
  const page = await openWith(`
const attempts: Record<string, () => unknown> = {
  fetch: () => fetch("${site.url}/"),
  importScripts: () => importScripts("${site.url}/x.js"),
  WebSocket: () => new Promise((_, no) => { new WebSocket("ws://127.0.0.1:1").onerror = no; }),
  eval: () => (0, eval)("1"),
  document: () => document.title,
  storage: () => indexedDB.open("x"),
};
for (const [name, attempt] of Object.entries(attempts)) {
  try { await attempt(); console.log(name, "worked"); }
  catch { console.log(name, "refused"); }
}`);
  const requests: string[] = [];
  page.on("request", (request) => requests.push(request.url()));
  const output = await run(page);
  for (const name of ["fetch", "importScripts", "WebSocket", "eval", "document", "storage"]) {
    expect(output).toContain(`${name} refused`);
  }
  const asked = requests.filter((url) => !/^(blob|data|about):|\/assets\//.test(url));
  expect(asked).toEqual([]);
  await page.close();
});

test("a program with endless output is stopped", async () => {
  const page = await openWith("for (;;) console.log('again');");
  expect(await run(page)).toContain("shows more than 1000 values");
  await page.close();
});

test("the link of Share opens the same program", async () => {
  const code = "const π = 3.14159; // ünïcödé\nπ * 2;\n";
  const page = await openWith("");
  await editorOf(page).fill(code);
  await page.getByRole("button", { name: "Share" }).click();
  await page.waitForURL(/#code=/);
  await page.getByText(/in the address bar/).waitFor();
  const copy = await site.open(page.url().slice(site.url.length));
  await editorOf(copy).waitFor();
  expect(await run(copy)).toContain("6.28318");
  await page.close();
  await copy.close();
});

test("completion offers names, methods, options and their values", async () => {
  const page = await openWith("");
  await editorOf(page).click();
  const offered = page.getByRole("listbox").getByRole("option");
  await page.keyboard.type("crossEn");
  await offered.getByText("crossEntropy", { exact: true }).waitFor();
  await page.keyboard.press("Escape");
  await page.keyboard.type("tropy.");
  await offered.getByText("valueAndGrad", { exact: true }).waitFor();
  await page.keyboard.press("Escape");
  await page.keyboard.press("Backspace");
  await page.keyboard.type("([1], 0, { labelS");
  await offered.getByText("labelSmoothing", { exact: true }).waitFor();
  await page.keyboard.press("Escape");
  await page.keyboard.type('moothing: 0, reduction: "');
  await page.keyboard.press("Control+Space");
  await offered.getByText("none", { exact: true }).waitFor();
  await page.close();
});

test("Escape, then Tab leaves the editor", async () => {
  const page = await openWith("1;");
  await editorOf(page).click();
  await page.keyboard.press("Tab");
  expect(await editorOf(page).evaluate((element) => element === document.activeElement)).toBe(true);
  await page.keyboard.press("Escape");
  await page.keyboard.press("Tab");
  expect(await editorOf(page).evaluate((element) => element === document.activeElement)).toBe(
    false,
  );
  await page.close();
});

test("the first program is shown without JavaScript", async () => {
  const page = await site.open("/playground", { javaScriptEnabled: false });
  expect(await page.getByRole("main").innerText()).toContain("crossEntropy(logits, target);");
  await page.close();
});
