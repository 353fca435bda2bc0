import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { readRecord, supportFile } from "../src/record.ts";
import { type ConformanceReport, judge } from "../src/report.ts";
import { supportTables } from "../src/tables.ts";
import { tools } from "../src/tools.ts";

const record = readRecord();
const page = readFileSync(new URL("../../../docs/guide/support.md", import.meta.url), "utf8");

test("the tables on the site are those of the record", () => {
  expect(readFileSync(supportFile, "utf8")).toBe(supportTables(record));
});

test("the record has every version that the check installs", () => {
  const findings = Object.values(record.groups).flatMap((group) => group.findings);
  const found = (name: string) =>
    new Set(findings.filter((each) => each.name === name).map(({ version }) => version));
  expect([...found("TypeScript")]).toEqual(tools.typescript);
  expect([...found("Node")]).toEqual(tools.node);
  for (const name of ["Bun", "Deno", "workerd"] as const)
    expect([...found(name)]).toEqual([tools[name.toLowerCase() as "bun" | "deno" | "workerd"]]);
});

test("the page names the oldest TypeScript that is tested", () => {
  const [oldest] = tools.typescript;
  expect(page).toContain(`**TypeScript** ${oldest.split(".").slice(0, 2).join(".")} is the oldest`);
});

const report: ConformanceReport = {
  kernels: "simd",
  threads: { count: 2 },
  checks: [{ name: "values" }],
};

test("a report works if its checks pass, with the expected kernels and threads", () => {
  expect(judge(report, { kernels: "simd", threads: 2 })).toEqual({
    result: "works",
    kernels: "simd",
    threads: 2,
  });
});

test.each([
  [
    "a failed check",
    { ...report, checks: [{ name: "values", error: "1 instead of 2" }] },
    "values: 1 instead of 2",
  ],
  ["no check", { ...report, checks: [] }, "no check ran"],
  ["other kernels", { ...report, kernels: "js" }, "the js kernels are in use, not simd"],
  [
    "other threads",
    { ...report, threads: { count: 1, reason: "none" } },
    "threads: 1, not 2 (none)",
  ],
])("a report fails with %s", (_, found, note) => {
  const judged = judge(found, { kernels: "simd", threads: 2 });
  expect(judged).toMatchObject({ result: "fails", note });
});
