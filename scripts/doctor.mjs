// pnpm run doctor (pnpm doctor is a command of pnpm itself): lists what the commands of this repository need, and how to get what is missing.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { findBrowser } from "./browser.mjs";

const root = new URL("..", import.meta.url);
const { packageManager, engines } = JSON.parse(readFileSync(new URL("package.json", root), "utf8"));

/** Each requirement: what finds it, what it is for, and the command that mends its absence. */
const requirements = [
  {
    name: `Node ${engines.node.replace(">=", "")} or newer`,
    find: () => {
      const minimum = Number(engines.node.replace(/\D/g, ""));
      // Scripts of pnpm run on the workspace's own Node.
      const { stdout } = run(onPath("node"), "--version");
      return Number(/\d+/.exec(stdout)) >= minimum && stdout;
    },
    needed: "for everything",
    mend: "install it from https://nodejs.org",
  },
  {
    name: "npm",
    find: () => run("npm", "--version").stdout,
    needed: "for everything",
    mend: "it comes with Node: https://nodejs.org",
  },
  {
    name: "git",
    find: () => run("git", "--version").stdout,
    needed: "for everything",
    mend: "apt-get install git, or https://git-scm.com",
  },
  {
    name: packageManager.replace("@", " "),
    find: () => run("pnpm", "--version").stdout,
    needed: "for the pnpm commands; npm test and npm start fetch it themselves",
    mend: `npm install --global ${packageManager}`,
    optional: true,
  },
  {
    name: "the dependencies of the workspace",
    find: () => existsSync(new URL("node_modules/.modules.yaml", root)) && "installed",
    needed: "for everything but npm test and npm start, which install them",
    mend: "pnpm install",
  },
  {
    name: "the generated kernels and indices",
    find: () =>
      existsSync(new URL("packages/core/src/generated", root)) &&
      existsSync(new URL("packages/losses/src/index.ts", root)) &&
      existsSync(new URL("packages/tfjs/src/generated", root)) &&
      "generated",
    needed: "for tests of single packages, and for editors",
    mend: "node scripts/turbo.mjs generate",
  },
  {
    name: "Chrome, Chromium or Edge",
    find: () => findBrowser().executablePath,
    needed: "for the tests of the site and of threads",
    mend: "apt-get install chromium-headless-shell, or name another in SURPRISAL_BROWSER",
  },
  {
    name: "Firefox",
    find: () => onPath("firefox-esr", "firefox"),
    needed: "for pnpm release:check",
    mend: "apt-get install firefox-esr",
    optional: true,
  },
  {
    name: "WebKitGTK and Xvfb",
    find: () =>
      onPath("xvfb-run") && existsSync("/usr/bin/WebKitWebDriver") && "/usr/bin/WebKitWebDriver",
    needed: "for pnpm release:check",
    mend: "apt-get install webkit2gtk-driver xvfb",
    optional: true,
  },
  {
    name: "Redis",
    find: () => run("redis-server", "--version").stdout,
    needed: "for tests with a queue of jobs",
    mend: "apt-get install redis-server",
    optional: true,
  },
  {
    name: "Python with torch 2.13, numpy, scikit-learn and mpmath",
    find: () => {
      const python = process.env.SURPRISAL_PYTHON ?? "python3";
      const script = "import torch, numpy, sklearn, mpmath; print('torch', torch.__version__)";
      const { stdout } = run(python, "-c", script);
      return stdout.startsWith("torch 2.13.") && stdout;
    },
    needed: "to make fixtures, and as a rival in the benchmark",
    mend: "python3 -m venv .venv && .venv/bin/pip install torch==2.13.0 numpy scikit-learn mpmath, and SURPRISAL_PYTHON=.venv/bin/python",
    optional: true,
  },
];

const missing = requirements.map(check).filter((found) => !found).length;
console.log(missing === 0 ? "Nothing is missing." : `${missing} missing, see the commands above.`);
process.exitCode = missing === 0 ? 0 : 1;

/** Prints the line of a requirement. Returns whether the repository can be worked on without it. */
function check({ name, find, needed, mend, optional = false }) {
  let found;
  try {
    found = find();
  } catch {
    // Not found.
  }
  if (found) {
    console.log(`ok        ${name}: ${found.trim().split("\n")[0]}`);
    return true;
  }
  console.log(`${optional ? "optional" : "MISSING "}  ${name}, ${needed}\n            ${mend}`);
  return optional;
}

function run(command, ...args) {
  const { stdout = "" } = spawnSync(command, args, { encoding: "utf8", timeout: 60_000 });
  return { stdout: stdout ?? "" };
}

/** Returns the path of the first of several programs, outside the workspace. */
function onPath(...names) {
  const folders = (process.env.PATH ?? "")
    .split(process.platform === "win32" ? ";" : ":")
    .filter((folder) => !folder.includes("node_modules"));
  return names
    .flatMap((name) => folders.map((folder) => join(folder, name)))
    .find((path) => existsSync(path) || existsSync(`${path}.exe`));
}
