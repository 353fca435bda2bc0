// Runs the tools of the workspace on a machine that has only Node, npm and git.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url));

const { packageManager } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url)));

const env = {
  // The folder of the caller, for relative paths. npm and pnpm set it for scripts.
  INIT_CWD: process.cwd(),
  ...process.env,
  TURBO_TELEMETRY_DISABLED: "1",
  TURBO_NO_UPDATE_NOTIFIER: "1",
  DO_NOT_TRACK: "1",
};

let output = process.stdout;

/** Sends the output of the commands to "stdout" or "stderr". */
export function sendOutputTo(stream) {
  output = process[stream];
}

/** Runs a command in the workspace's root and returns whether it succeeded. */
export function run(command, ...args) {
  const shell = process.platform === "win32";
  const stdio = ["inherit", output.fd, "inherit"];
  const { status, error } = spawnSync(command, args, { cwd: root, env, stdio, shell });
  if (error) console.error(`${command}: ${error.message}`);
  return status === 0;
}

/** Runs the pinned pnpm, which npx downloads if it is missing. npx asks no registry about a version that it has. */
export function pnpm(...args) {
  return run("npx", "--yes", "--prefer-offline", packageManager, ...args);
}

/** Runs turbo tasks. Scripts call turbo only in this way: `env` turns its telemetry off. */
export function turbo(...args) {
  return pnpm("exec", "turbo", "run", ...args);
}

/** Installs the dependencies of all packages, or of those that match `filters`. Exits on failure. */
export function setUp(...filters) {
  const [major] = process.versions.node.split(".").map(Number);
  if (major < 20) fail(`Surprisal needs Node 20 or newer, this is ${process.version}.`);
  if (!pnpm("install", "--frozen-lockfile", ...filters))
    fail("Installing the dependencies failed, see above.");
}

export function fail(message) {
  console.error(message);
  process.exit(1);
}
