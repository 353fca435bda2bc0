// npm test: sets up, lints, typechecks and runs every test side by side; the last lines name all that failed.
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ensureBrowser } from "./browser.mjs";
import { root, setUp, turbo } from "./run.mjs";
import { readFailedTasks, readResults, report } from "./testReport.mjs";

setUp();
ensureBrowser();

const resultFiles = ["packages", "apps"].flatMap((group) =>
  readdirSync(join(root, group)).map((name) => join(root, group, name, "test-results.json")),
);
for (const file of resultFiles) rmSync(file, { force: true });
rmSync(join(root, ".turbo/runs"), { recursive: true, force: true });

const succeeded = turbo("lint", "types", "test", "--continue", "--summarize");
const failedTasks = readFailedTasks(root);

const { failures, passed, skipped } = report(readResults(resultFiles), failedTasks, root);
if (!succeeded && failures.length === 0) failures.push("turbo: see above");
if (failures.length > 0) console.log(`\nFailed:\n\n${failures.join("\n\n")}\n`);
const skippedToo = skipped > 0 ? `, ${skipped} skipped` : "";
console.log(`${passed} passed, ${failures.length} failed${skippedToo}`);
process.exitCode = failures.length === 0 ? 0 : 1;
