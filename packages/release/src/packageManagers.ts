import { copyFileSync, cpSync } from "node:fs";
import { join } from "node:path";
import { run } from "./command.ts";
import { conformancePackages, makeProject } from "./project.ts";
import { type Finding, judgeOutput } from "./report.ts";
import { consumers, packageManager, tools } from "./tools.ts";

/** Installs the packages with each package manager, and runs the checks on Node from there. */
export async function checkPackageManagers(folder: string, npmrc: string): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { name, version, command } of await managers(folder)) {
    const project = join(folder, `installed-by-${name}`);
    makeProject(project, npmrc);
    const [program, ...args] = [...command, ...conformancePackages];
    const installed = await run(program, args, { cwd: project, seconds: 200 });
    cpSync(join(consumers, "runtimes"), project, { recursive: true });
    copyFileSync(join(consumers, "conformance.mjs"), join(project, "conformance.mjs"));
    const outcome = installed.ok
      ? judgeOutput(await run(process.execPath, ["run.mjs"], { cwd: project }), {
          kernels: "relaxed",
        })
      : ({ result: "fails", note: installed.problem } as const);
    findings.push({
      group: "Package managers",
      name,
      version,
      how: command.slice(-1)[0],
      ...outcome,
    });
  }
  return findings;
}

async function managers(folder: string) {
  const npm = await run("npm", ["--version"], { cwd: folder });
  const bun = join(folder, "runtimes/node_modules/bun/bin/bun");
  return [
    {
      name: "npm",
      version: npm.output.trim(),
      command: ["npm", "--no-audit", "--no-fund", "install"],
    },
    {
      name: "pnpm",
      version: packageManager.replace("pnpm@", ""),
      command: ["npx", "--yes", packageManager, "add"],
    },
    { name: "Bun", version: tools.bun, command: [bun, "add"] },
  ];
}
