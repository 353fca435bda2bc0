// What CONTRIBUTING.md asks of the text of a loss, and no other test of the loss looks at.
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { lossFolders } from "../scripts/lossFolders.mjs";

const root = new URL("../../../", import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), "utf8");

const losses = lossFolders().map((name) => `packages/losses/src/${name}/`);
const templates = ["batch", "class", "element", "row"].map(
  (kind) => `packages/losses/_template/${kind}/`,
);

/** Returns the paths of a folder's texts. */
const textsIn = (folder: string) =>
  readdirSync(new URL(folder, root))
    .filter((name) => /\.(md|py|ts)$/.test(name))
    .map((name) => folder + name);

/** Returns the places, as path and line, of the lines for which `matches` is true. */
function placesOf(path: string, text: string, matches: (line: string) => boolean): string[] {
  return text
    .split("\n")
    .flatMap((line, i) => (matches(line) ? [`${path}:${i + 1}: ${line}`] : []));
}

/** Returns the lines that say TODO. */
const tasks = (path: string, text: string) => placesOf(path, text, (line) => /\bTODO\b/.test(line));

/** Returns the optional properties of interfaces, such as `scale?: number`, that do not take undefined. */
const closedOptions = (path: string, text: string) =>
  placesOf(path, text, (line) => /^ {2}\w+\?: .*;$/.test(line) && !/\| undefined;$/.test(line));

describe("the folder of each loss", () => {
  it("has no TODO", () => {
    const found = losses.flatMap(textsIn).flatMap((path) => tasks(path, read(path)));
    expect(found, "lines that say TODO. Do what they say, and delete them").toEqual([]);
  });

  it("has options that may be undefined, as exactOptionalPropertyTypes asks", () => {
    const sources = [...losses, ...templates]
      .flatMap(textsIn)
      .filter((path) => path.endsWith("ts"));
    const found = sources
      .filter((path) => !path.endsWith(".test.ts"))
      .flatMap((path) => closedOptions(path, read(path)));
    expect(found, 'options without undefined. Write "?: number | undefined"').toEqual([]);
  });
});

it("the lines are found", () => {
  expect(tasks("a.ts", "x\n// TODO: the options.")).toEqual(["a.ts:2: // TODO: the options."]);
  expect(closedOptions("a.ts", "  scale?: number;\n  b?: number | undefined;")).toEqual([
    "a.ts:1:   scale?: number;",
  ]);
});
