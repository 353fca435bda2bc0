import { copyFileSync, cpSync } from "node:fs";
import { join } from "node:path";
import { npmInstall, run } from "./command.ts";
import { conformancePackages, makeProject } from "./project.ts";
import type { Finding } from "./report.ts";
import { consumers, tools } from "./tools.ts";

/** Runs a test file with each test runner, from its default configuration. */
export async function checkTestRunners(folder: string, npmrc: string): Promise<Finding[]> {
  const { jest, vitest } = tools.testRunners;
  const project = join(folder, "test-runners");
  makeProject(project, npmrc);
  const runners = [`jest@${jest}`, `vitest@${vitest}`];
  await npmInstall(project, [...conformancePackages, ...runners]);
  cpSync(join(consumers, "testRunners"), project, { recursive: true });
  copyFileSync(join(consumers, "conformance.mjs"), join(project, "conformance.mjs"));

  const program = (name: string) => join(project, `node_modules/${name}`);
  const modules = "--experimental-vm-modules";
  const commands = [
    {
      name: "vitest",
      version: vitest,
      how: "vitest run",
      args: [program("vitest/vitest.mjs"), "run", "vitest.test.mjs"],
    },
    {
      name: "Jest",
      version: jest,
      how: `NODE_OPTIONS=${modules}`,
      args: [
        modules,
        program("jest/bin/jest.js"),
        "jest.test.mjs",
        "--testMatch",
        "**/jest.test.mjs",
      ],
    },
    {
      name: "node --test",
      version: process.versions.node,
      how: "node --test",
      args: ["--test", "node.test.mjs"],
    },
  ];
  const findings: Finding[] = [];
  for (const { name, version, how, args } of commands) {
    const { ok, problem } = await run(process.execPath, args, { cwd: project });
    const outcome = ok
      ? ({ result: "works" } as const)
      : ({ result: "fails", note: problem } as const);
    findings.push({ group: "Test runners", name, version, how, ...outcome });
  }
  return findings;
}
