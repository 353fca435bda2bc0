import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

const typescript = dirname(createRequire(import.meta.url).resolve("typescript/package.json"));

/** Compiles the TypeScript project in a folder, and returns the lines that the compiler prints: diagnostics, if there are any. */
export async function compileProject(folder: string, ...options: string[]): Promise<string[]> {
  const args = [join(typescript, "bin/tsc"), "-p", folder, "--pretty", "false", ...options];
  const run = promisify(execFile)(process.execPath, args, { cwd: folder });
  // If there are diagnostics, the compiler exits with an error.
  const { stdout } = await run.catch((error: { stdout: string }) => error);
  return stdout.split("\n");
}
