import { copyFileSync, cpSync } from "node:fs";
import { join } from "node:path";
import { npmInstall, run } from "./command.ts";
import { conformancePackages, installTools, makeProject } from "./project.ts";
import { type Expectation, type Finding, judgeOutput } from "./report.ts";
import { consumers, tools } from "./tools.ts";
import { checkWorkerd } from "./workerd.ts";

interface Runtime {
  readonly name: string;
  readonly version: string;
  readonly how?: string;
  readonly command: readonly string[];
  readonly expected: Expectation;
}

/** Runs the conformance checks in every runtime, from packages that npm installed. */
export async function checkRuntimes(folder: string, npmrc: string): Promise<Finding[]> {
  const project = join(folder, "project");
  makeProject(project, npmrc);
  await npmInstall(project, conformancePackages);
  cpSync(join(consumers, "runtimes"), project, { recursive: true });
  copyFileSync(join(consumers, "conformance.mjs"), join(project, "conformance.mjs"));

  const programs = join(folder, "runtimes");
  const binaries = await installRuntimes(programs);
  const findings: Finding[] = [];
  for (const { name, version, how = "import", command, expected } of runtimes(binaries)) {
    const [program, ...args] = command;
    const result = await run(program, args, { cwd: project, seconds: 60 });
    findings.push({
      group: "Runtimes",
      name,
      version,
      how,
      ...judgeOutput(result, expected),
    });
  }
  findings.push(
    await checkWorkerd(binaries.workerd, join(programs, "node_modules/esbuild"), project),
  );
  return findings;
}

interface Binaries {
  readonly node: ReadonlyMap<string, string>;
  readonly bun: string;
  readonly deno: string;
  readonly workerd: string;
}

/** Installs the runtimes from npm: each has a package with the program of a platform. */
async function installRuntimes(folder: string): Promise<Binaries> {
  const { platform, arch } = process;
  const windows = platform === "win32" ? ".exe" : "";
  const nodeSystem = platform === "win32" ? "win" : platform;
  const denoSystem = { linux: `linux-${arch}-glibc`, win32: `win32-${arch}` }[platform as string];
  const workerdArch = { x64: "64", arm64: "arm64" }[arch as string] ?? arch;
  const bunSystem = platform === "win32" ? "windows" : platform;
  const bunArch = arch === "arm64" ? "aarch64" : arch;
  const packages = {
    bun: `npm:@oven/bun-${bunSystem}-${bunArch}@${tools.bun}`,
    deno: `npm:@deno/${denoSystem ?? `${platform}-${arch}`}@${tools.deno}`,
    workerd: `npm:@cloudflare/workerd-${platform === "win32" ? "windows" : platform}-${workerdArch}@${tools.workerd}`,
    // workerd takes one file.
    esbuild: `npm:esbuild@${tools.bundlers.esbuild}`,
    ...Object.fromEntries(
      tools.node.map((version) => [`node${version}`, `npm:${nodePackage(nodeSystem)}@${version}`]),
    ),
  };
  await installTools(
    folder,
    Object.entries(packages).map(([name, specifier]) => `${name}@${specifier}`),
  );
  const program = (name: string, path: string) =>
    join(folder, "node_modules", name, `${path}${windows}`);
  return {
    node: new Map(
      tools.node.map((version) => [version, program(`node${version}`, "bin/node")] as const),
    ),
    bun: program("bun", "bin/bun"),
    deno: program("deno", "deno"),
    workerd: program("workerd", "bin/workerd"),
  };
}

function nodePackage(system: string): string {
  return system === "darwin" ? `node-bin-darwin-${process.arch}` : `node-${system}-${process.arch}`;
}

function runtimes({ node, bun, deno }: Binaries): Runtime[] {
  const found: Runtime[] = [];
  for (const [version, binary] of node) {
    // Relaxed SIMD came with Node 21.
    const kernels = Number(version.split(".")[0]) < 21 ? "simd" : "relaxed";
    found.push({
      name: "Node",
      version,
      command: [binary, "run.mjs"],
      expected: { kernels, threads: 2 },
    });
    found.push({
      name: "Node",
      version,
      how: "require",
      command: [binary, "require.cjs"],
      expected: { kernels },
    });
  }
  const [version, binary] = [...node].at(-1) as [string, string];
  found.push(
    {
      name: "Node",
      version,
      how: "--jitless",
      command: [binary, "--jitless", "run.mjs"],
      expected: { kernels: "js" },
    },
    {
      name: "Node",
      version,
      how: "--disallow-code-generation-from-strings",
      command: [binary, "--disallow-code-generation-from-strings", "run.mjs"],
      expected: { kernels: "relaxed", threads: 2 },
    },
    {
      name: "Bun",
      version: tools.bun,
      command: [bun, "run.mjs"],
      expected: { kernels: "relaxed", threads: 2 },
    },
    {
      name: "Deno",
      version: tools.deno,
      command: [deno, "run", "--allow-read", "--no-prompt", "run.mjs"],
      expected: { kernels: "relaxed", threads: 2 },
    },
  );
  return found;
}
