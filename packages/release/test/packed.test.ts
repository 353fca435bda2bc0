import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import { holds, readExamples, runExample } from "@surprisal/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { mustRun } from "../src/command.ts";
import { publicPackages, readManifest } from "../src/packages.ts";
import { conformancePackages, makeProject } from "../src/project.ts";
import type { ConformanceReport } from "../src/report.ts";
import { consumers, root } from "../src/tools.ts";

const folder = mkdtempSync(join(tmpdir(), "surprisal-packed-"));
const project = join(folder, "project");
const installed = (name: string) => join(project, "node_modules", name);

/** All packages. TensorFlow.js, which one of them expects, is not installed. */
const names = publicPackages().map(({ name }) => name);

beforeAll(async () => {
  await mustRun(process.execPath, [join(root, "scripts/packAll.mjs"), folder], { cwd: root });
  makeProject(project, "");
  const tarballs = (await readdir(folder)).filter((file) => file.endsWith(".tgz"));
  // Offline: nothing but the tarballs is needed.
  const options = ["--offline", "--legacy-peer-deps", "--no-audit", "--no-fund"];
  const files = tarballs.map((file) => join("..", file));
  await mustRun("npm", ["install", ...options, ...files], { cwd: project });
}, 240_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("the lines of the README give its numbers", async () => {
  const [example] = readExamples(new URL("../../../README.md", import.meta.url));
  const modules = {
    "@surprisal/core": await import(
      pathToFileURL(join(installed("@surprisal/core"), "dist/index.js")).href
    ),
    "@surprisal/losses": await import(
      pathToFileURL(join(installed("@surprisal/losses"), "dist/index.js")).href
    ),
  };
  const claims = await runExample(example, modules);
  expect(claims.length).toBeGreaterThan(4);
  for (const claim of claims) expect(holds(claim), claim.expression).toBe(true);
});

test("the conformance checks pass on the Node at hand", async () => {
  copyFileSync(join(consumers, "conformance.mjs"), join(project, "conformance.mjs"));
  copyFileSync(join(consumers, "runtimes/run.mjs"), join(project, "run.mjs"));
  const output = await mustRun(process.execPath, ["run.mjs"], { cwd: project });
  const { checks, kernels, threads }: ConformanceReport = JSON.parse(output);
  expect(checks.length).toBeGreaterThan(9);
  expect(checks.filter(({ error }) => error !== undefined)).toEqual([]);
  expect(kernels).toBe("relaxed");
  expect(threads.count).toBe(2);
});

test("CommonJS can require the packages", async () => {
  copyFileSync(join(consumers, "runtimes/require.cjs"), join(project, "require.cjs"));
  const output = await mustRun(process.execPath, ["require.cjs"], { cwd: project });
  expect(JSON.parse(output).checks).toEqual([{ name: "require" }]);
});

test("the conformance checks cover every package that needs no TensorFlow.js and no GPU", () => {
  const others = names.filter((name) => !/\/(tfjs|webgpu)$/.test(name));
  expect([...conformancePackages].sort()).toEqual(others.sort());
});

describe.each(names)("%s", (name) => {
  const files = async () =>
    (await readdir(installed(name), { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));

  test("contains its licence and a README, and only what users need", async () => {
    const found = await files();
    const top = await readdir(installed(name));
    expect(top).toEqual(expect.arrayContaining(["LICENSE", "README.md", "package.json", "dist"]));
    const licence = readFileSync(join(installed(name), "LICENSE"), "utf8");
    expect(licence).toBe(readFileSync(join(root, "LICENSE"), "utf8"));
    const others = found.filter(
      (file) =>
        !/(\.d\.ts|\.js|LICENSE|README\.md|CHANGELOG\.md|package\.json)$/.test(file) ||
        /\.(test|cases)\./.test(basename(file)),
    );
    expect(others).toEqual([]);
  });

  test("has a manifest for users, and no dependency but our own packages", () => {
    const manifest = readManifest(installed(name));
    expect(manifest.license).toBe("MIT");
    expect(manifest).not.toHaveProperty("devDependencies");
    expect(manifest).not.toHaveProperty("scripts");
    expect(JSON.stringify(manifest)).not.toMatch(/workspace:|@surprisal\/source/);
    const dependencies = Object.keys(manifest.dependencies ?? {});
    expect(dependencies.filter((each) => !names.includes(each))).toEqual([]);
  });
});

test("@surprisal/core takes less than 720 kB unpacked, and depends on nothing", async () => {
  const path = installed("@surprisal/core");
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const bytes = entries
    .filter((entry) => entry.isFile())
    .reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
  expect(bytes).toBeGreaterThan(100_000);
  expect(bytes).toBeLessThan(720_000);
  expect(readManifest(path)).not.toHaveProperty("dependencies");
});
