import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { modelDescription } from "../src/model/description.ts";
import { runCommand } from "./commandLine.ts";

const heldOut = "through-the-looking-glass.txt";
const metadata = JSON.parse(
  readFileSync(new URL("../model/byteModel.json", import.meta.url), "utf8"),
);

test("the model is the one that its description names, and is at most 1 MB", () => {
  const content = readFileSync(new URL("../model/byteModel.onnx", import.meta.url));
  expect(createHash("sha256").update(content).digest("hex")).toBe(modelDescription.sha256);
  expect(content.length).toBeLessThanOrEqual(1_000_000);
  const texts = readdirSync(new URL("../corpus/", import.meta.url)).filter((n) =>
    n.endsWith(".txt"),
  );
  expect([...metadata.trainedOn, ...metadata.heldOut].toSorted()).toEqual(texts.toSorted());
});

test("a held-out text has PyTorch's score, with the same bits on one thread and on two", async () => {
  const args = ["--json", "--passages", "2", "--shard-bytes", "14336", `corpus/${heldOut}`];
  const one = await runCommand(...args, "--workers", "1");
  expect({ status: one.status, stderr: one.stderr }).toEqual({ status: 0, stderr: "" });
  const report = JSON.parse(one.stdout);
  expect(report.total.bitsPerCharacter).toBeCloseTo(metadata.bitsPerCharacter[heldOut], 3);
  expect(report.total.bytes).toBe(162_143);
  expect(report.passages).toHaveLength(2);
  const two = await runCommand(...args, "--workers", "2");
  expect(two).toEqual(one);
}, 240_000);

test("a bad option fails, with the help", async () => {
  const { status, stdout, stderr } = await runCommand("--workers", "many");
  expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
  expect(stderr).toMatch(/^--workers must be a whole number from 1 to 1024, got "many"\.\n/);
  expect(stderr).toContain("corpus [FILES…]");
});
