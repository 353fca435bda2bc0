import { readdirSync, readFileSync } from "node:fs";
import { afterAll, expect, it, vi } from "vitest";

const definitions = vi.hoisted(() => [] as { readonly name: string }[]);

/**
 * Keeps each definition that a function that makes losses gets. An error is left to the test of the definition: the
 * checks say what is wrong with it.
 */
const recording =
  (makeLoss: (definition: never) => unknown) => (definition: { readonly name: string }) => {
    definitions.push(definition);
    try {
      return makeLoss(definition as never);
    } catch {
      return undefined;
    }
  };

vi.mock("../src/define/batchLoss.ts", async (load) => {
  const original = await load<typeof import("../src/define/batchLoss.ts")>();
  return { ...original, batchLoss: recording(original.batchLoss) };
});
vi.mock("../src/define/classLoss.ts", async (load) => {
  const original = await load<typeof import("../src/define/classLoss.ts")>();
  return { ...original, classLoss: recording(original.classLoss) };
});
vi.mock("../src/define/elementLoss.ts", async (load) => {
  const original = await load<typeof import("../src/define/elementLoss.ts")>();
  return { ...original, elementLoss: recording(original.elementLoss) };
});
vi.mock("../src/define/rowLoss.ts", async (load) => {
  const original = await load<typeof import("../src/define/rowLoss.ts")>();
  return { ...original, rowLoss: recording(original.rowLoss) };
});

// Test files share modules: those that others have loaded are not mocked, and those of this file are no use
// to others.
vi.resetModules();
afterAll(() => void vi.resetModules());

const { defineLoss } = await import("../src/index.ts");
const definitionsOfPackage = [...definitions];

// The losses of the package are made without these checks, which would be in the bundles of users.
it.each(definitionsOfPackage)(
  "the definition of $name passes the checks of defineLoss",
  (definition) => {
    defineLoss(definition as never);
  },
);

it("every folder has a loss that is made from a definition", () => {
  const folders = readdirSync(new URL("../src/", import.meta.url), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !["define", "generated"].includes(entry.name))
    .map(({ name }) => name);
  expect(definitionsOfPackage.map(({ name }) => name).sort()).toEqual(folders.sort());
});

it("CONTRIBUTING.md explains each key of a definition", () => {
  const text = readFileSync(new URL("../../../CONTRIBUTING.md", import.meta.url), "utf8");
  const rows = text
    .split("\n")
    .filter((line) => /^ {3}\| `.*\| (all|batch|class|element|row)/.test(line));
  for (const kind of ["batch", "class", "element", "row"]) {
    const explained = rows
      .map((line) => line.split("|"))
      .filter(([, , kinds]) => kinds.includes(kind) || kinds.includes("all"))
      .flatMap(([, keys]) => [...keys.matchAll(/`(\w+)`/g)].map(([, key]) => key));
    const definition = { kind, name: "unknownKey", formula: () => ({}), unknownKey: 1 };
    const message = /expected one of (.*)\.$/.exec(errorOf(() => defineLoss(definition as never)));
    const keys = message?.[1].split(", ") ?? [];
    expect(keys).toContain("neverThrows");
    const others = keys.filter((key) => !["kind", "name", "options", "formula"].includes(key));
    expect(explained.sort(), kind).toEqual(others.sort());
  }
});

function errorOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    return (error as Error).message;
  }
  return "";
}
