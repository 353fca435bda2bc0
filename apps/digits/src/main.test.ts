import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const MAIN = fileURLToPath(new URL("main.ts", import.meta.url));

function start(...args: string[]) {
  const fromSource = ["--conditions=@surprisal/source", MAIN];
  const { status, stdout, stderr } = spawnSync(process.execPath, [...fromSource, ...args], {
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

test("prints both models, a conclusion and the calibration, in short lines without control characters", () => {
  const { status, stdout, stderr } = start("--epochs", "2");
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(stdout).toContain("1438 digits to learn from, 359 held out.");
  expect(stdout).toContain("one linear layer (64 → 10)");
  expect(stdout).toContain("one hidden layer (64 → 32 → 10)");
  expect(stdout).toContain("times as long.\n");
  expect(stdout).toMatch(
    /How honest .* one hidden layer\?\n.*179 held-out digits, and judged on the other 180/,
  );
  expect(stdout).toMatch(/│ as trained .*│ at temperature \d\.\d\d /s);
  const lines = stdout.split("\n");
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
  expect(lines.filter((line) => /\p{Cc}/u.test(line))).toEqual([]);
});

test("--help explains the options", () => {
  const { status, stdout, stderr } = start("--help");
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(stdout).toContain("--epochs N");
});

test("a bad option fails, with what was got and expected", () => {
  const { status, stdout, stderr } = start("--epochs", "many");
  expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
  expect(stderr).toMatch(/^--epochs must be a whole number from 1 to 1000, got "many"\.\n/);
});
