import { expect, test } from "vitest";
import { parseOptions } from "../src/commandLine/options.ts";

const redis = ["--redis", "redis://localhost:6379"];

test("options have defaults", () => {
  expect(parseOptions(["a.txt"])).toMatchObject({
    command: "score",
    files: ["a.txt"],
    redis: undefined,
    passages: 5,
    shardBytes: 28672,
    lockDuration: 30_000,
    json: false,
  });
});

test("options are read", () => {
  const options = ["--json", "--workers", "0", "--passages=7", "--shard-bytes", "896", ...redis];
  expect(parseOptions(["a", "b", ...options, "--lock-duration", "1500"])).toEqual({
    command: "score",
    files: ["a", "b"],
    redis: "redis://localhost:6379",
    workers: 0,
    passages: 7,
    shardBytes: 896,
    lockDuration: 1500,
    json: true,
  });
  expect(parseOptions(["worker", ...redis])).toMatchObject({ command: "worker", files: [] });
  expect(parseOptions(["status", ...redis])).toMatchObject({ command: "status", files: [] });
  expect(parseOptions(["result", "id", ...redis])).toMatchObject({
    command: "result",
    files: ["id"],
  });
  expect(parseOptions(["./status"])).toMatchObject({ command: "score", files: ["./status"] });
});

test.each(["--help", "-h"])("%s shows the help", (flag) => {
  expect(parseOptions(["worker", flag])).toBe("help");
});

test.each([
  [["--workers", "0"], '--workers must be a whole number from 1 to 1024, got "0".'],
  [["worker", ...redis, "--workers", "0"], "--workers must be a whole number from 1 to 1024"],
  [["--workers", "two"], '--workers must be a whole number from 1 to 1024, got "two".'],
  [["--passages", "1.5"], '--passages must be a whole number from 0 to 1000, got "1.5".'],
  [["--shard-bytes", "1000"], "--shard-bytes must be a multiple of 448, got 1000."],
  [["--shard-bytes", "0"], "--shard-bytes must be a whole number from 448 to 469762048"],
  [
    ["--redis", "localhost"],
    '--redis must be an address such as redis://localhost:6379, got "localhost".',
  ],
  [["--redis", "http://a"], "--redis must be an address such as redis://localhost:6379"],
  [["worker"], "corpus worker needs --redis URL."],
  [["status"], "corpus status needs --redis URL."],
  [["result", "id"], "corpus result needs --redis URL."],
  [
    ["result", ...redis],
    "corpus result needs the name of one run, got none. corpus status lists the runs.",
  ],
  [
    ["result", "a", "b", ...redis],
    "got a b. corpus status lists the runs. To score a file of this name, write ./result.",
  ],
  [
    ["status", "a.txt", ...redis],
    "corpus status takes no files, got a.txt. To score a file of this name, write ./status.",
  ],
  [["--passage", "3"], "Unknown option '--passage'"],
])("%j is refused", (args, message) => {
  expect(() => parseOptions(args)).toThrow(message);
});
