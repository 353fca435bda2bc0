// npm test: sets up, lints, typechecks, runs every test and counts them.
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ensureBrowser } from "./browser.mjs";
import { root, setUp, turbo } from "./run.mjs";

setUp();
ensureBrowser();

const resultFiles = ["packages", "apps"].flatMap((group) =>
  readdirSync(join(root, group)).map((name) => join(root, group, name, "test-results.json")),
);
for (const file of resultFiles) rmSync(file, { force: true });

const checked = turbo("lint", "typecheck", "--continue");
const tested = turbo("test", "--continue");

let passed = 0;
let failed = checked ? 0 : 1;
let skipped = 0;
for (const file of resultFiles.filter((path) => existsSync(path))) {
  const results = JSON.parse(readFileSync(file, "utf8"));
  passed += results.numPassedTests;
  failed += results.numFailedTests;
  skipped += results.numPendingTests + results.numTodoTests;
  // A test file that fails to load counts as one failure.
  failed += results.testResults.filter(
    ({ status, assertionResults }) => status === "failed" && assertionResults.length === 0,
  ).length;
}
if (!tested && failed === 0) failed = 1;

if (!checked) console.log("Lint or typecheck failed, see above.");
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
process.exitCode = failed === 0 ? 0 : 1;
