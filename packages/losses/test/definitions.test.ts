import { readdirSync } from "node:fs";
import { afterAll, expect, it, vi } from "vitest";

const definitions = vi.hoisted(() => [] as { readonly name: string }[]);

/** Keeps each definition that a function that makes losses gets. */
const recording =
  (makeLoss: (definition: never) => unknown) => (definition: { readonly name: string }) => {
    definitions.push(definition);
    return makeLoss(definition as never);
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
    expect(() => defineLoss(definition as never)).not.toThrow();
  },
);

it("every folder has a loss that is made from a definition", () => {
  const folders = readdirSync(new URL("../src/", import.meta.url), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== "define")
    .map(({ name }) => name);
  expect(definitionsOfPackage.map(({ name }) => name).sort()).toEqual(folders.sort());
});
