import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { npmInstall, run } from "./command.ts";
import { conformancePackages, installTools, makeProject } from "./project.ts";
import type { Finding } from "./report.ts";
import { consumers, tools } from "./tools.ts";

const resolutions = [
  { how: "node16", module: "node16" },
  { how: "nodenext", module: "nodenext" },
  { how: "bundler", module: "esnext" },
  { how: "node10", module: "esnext" },
] as const;

/** Type-checks a program that uses every package, with each TypeScript and module resolution. */
export async function checkTypeScript(folder: string, npmrc: string): Promise<Finding[]> {
  const project = join(folder, "typescript-project");
  makeProject(project, npmrc);
  await npmInstall(project, conformancePackages);
  cpSync(join(consumers, "types"), project, { recursive: true });
  const programs = join(folder, "typescript");
  await installTools(
    programs,
    tools.typescript.map((version) => `typescript${version}@npm:typescript@${version}`),
  );

  const findings: Finding[] = [];
  for (const version of tools.typescript) {
    for (const { how, module } of resolutions) {
      if (how === "node10" && Number(version.split(".")[0]) >= 6) continue;
      writeFileSync(join(project, "tsconfig.json"), configuration(how, module));
      const tsc = join(programs, `node_modules/typescript${version}/bin/tsc`);
      const { ok, problem } = await run(process.execPath, [tsc, "-p", "."], { cwd: project });
      const outcome = ok
        ? ({ result: "works" } as const)
        : ({ result: "fails", note: problem } as const);
      findings.push({ group: "TypeScript", name: "TypeScript", version, how, ...outcome });
    }
  }
  return findings;
}

function configuration(moduleResolution: string, module: string): string {
  return JSON.stringify({
    compilerOptions: {
      target: "es2022",
      module,
      moduleResolution,
      types: [],
      noEmit: true,
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      noPropertyAccessFromIndexSignature: true,
      skipLibCheck: false,
    },
    files: ["consumer.ts"],
  });
}
