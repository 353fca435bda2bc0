import { expect, it } from "vitest";
import { report } from "../../../scripts/testReport.mjs";

const root = "/project";

const resultsOf = (file: string, ...tests: { status: string; failureMessages?: string[] }[]) => ({
  testResults: [
    {
      name: `${root}/${file}`,
      status: tests.every(({ status }) => status !== "failed") ? "passed" : "failed",
      message: "",
      assertionResults: tests.map((test, i) => ({
        fullName: `test ${i}`,
        failureMessages: [],
        ...test,
      })),
    },
  ],
});

const passing = resultsOf("packages/core/a.test.ts", { status: "passed" }, { status: "skipped" });
const failing = resultsOf(
  "packages/losses/b.test.ts",
  { status: "passed" },
  { status: "failed", failureMessages: ["AssertionError: 1\n\n    at b.test.ts:3"] },
);
const task = (name: string, log = "") => ({
  name: `@surprisal/${name}`,
  task: name.split("#")[1],
  directory: `packages/${name.split("#")[0]}`,
  log,
});

it("tests that pass and that are skipped are counted", () => {
  expect(report([passing, failing], [], root)).toMatchObject({ passed: 2, skipped: 1 });
  expect(report([passing], [], root).failures).toEqual([]);
});

it("a failed test is named with the start of its message, and its task is not", () => {
  const { failures } = report([passing, failing], [task("losses#test")], root);
  expect(failures).toEqual([
    "packages/losses/b.test.ts: test 1\n    AssertionError: 1\n        at b.test.ts:3",
  ]);
});

it("a file that cannot be loaded is a failure", () => {
  const [file] = resultsOf("packages/core/c.test.ts").testResults;
  const results = [{ testResults: [{ ...file, status: "failed", message: "SyntaxError" }] }];
  expect(report(results, [task("core#test")], root).failures).toEqual([
    "packages/core/c.test.ts\n    SyntaxError",
  ]);
});

it("other failed tasks are named with their first errors", () => {
  const log = `$ tsc --noErrorTruncation\n\u001b[31ma.ts(1,1): error TS2304\u001b[0m\n${"another line\n".repeat(20)}`;
  const tasks = [task("core#typecheck", log), task("core#test", "Unhandled Error")];
  const [typecheck, test] = report([passing, failing], tasks, root).failures.slice(1);
  expect(typecheck.split("\n")).toHaveLength(9);
  expect(typecheck).toMatch(
    /^@surprisal\/core#typecheck\n {4}a.ts\(1,1\): error TS2304\n {4}another/,
  );
  expect(test).toBe("@surprisal/core#test\n    Unhandled Error");
});
