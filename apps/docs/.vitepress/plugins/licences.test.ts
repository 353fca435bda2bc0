import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { bundledPackages, licencesText } from "./licences.ts";

const path = (relative: string) =>
  fileURLToPath(new URL(`../../node_modules/${relative}`, import.meta.url));

const modules = [
  `${path("vue/dist/vue.runtime.esm-bundler.js")}?v=1`,
  path("vue/index.mjs"),
  path("sucrase/dist/esm/index.js"),
  "\0vite/preload-helper.js",
  fileURLToPath(import.meta.url),
];

test("the packages of a bundle are found once each, with their licences", () => {
  const found = bundledPackages(modules);
  expect(found.map(({ name, licence }) => [name, licence])).toEqual([
    ["sucrase", "MIT"],
    ["vue", "MIT"],
  ]);
  for (const { text } of found) expect(text).toContain("Permission is hereby granted");
});

test("the file lists the packages, and then gives the texts of their licences", () => {
  const text = licencesText(bundledPackages(modules));
  expect(text).toMatch(/^sucrase \d.*: MIT\nvue \d.*: MIT$/m);
  expect(text.match(/Permission is hereby granted/g)).toHaveLength(2);
});
