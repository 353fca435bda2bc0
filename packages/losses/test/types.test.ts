import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const folder = fileURLToPath(new URL("types/", import.meta.url));
const typescript = dirname(createRequire(import.meta.url).resolve("typescript/package.json"));

/** Compiles the folder and returns what the compiler prints; it exits with an error if there are diagnostics. */
async function compile(...options: string[]): Promise<string> {
  const args = [join(typescript, "bin/tsc"), "-p", folder, "--pretty", "false", ...options];
  const run = promisify(execFile)(process.execPath, args, { cwd: folder });
  return (await run.catch((error: { stdout: string }) => error)).stdout;
}

it("the calls in test/types compile under exactOptionalPropertyTypes, and the wrong ones do not", async () => {
  const printed = await compile("--listFiles");
  const lines = printed.split("\n");
  const files = lines.filter((line) => line.startsWith(folder.replaceAll("\\", "/")));
  expect(files).toHaveLength(2);
  // The sources are compiled with their own options elsewhere. Their paths start with "../".
  expect(lines.filter((line) => /^[\w.]+\.ts\(\d+,\d+\)/.test(line))).toEqual([]);
});
