// Sums up a run of lint, typecheck and tests: its last lines name all that failed.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { stripVTControlCharacters } from "node:util";

const shownLines = 8;

/** Returns the results that Vitest has written: one file for each package. */
export function readResults(files) {
  return files.filter(existsSync).map((file) => JSON.parse(readFileSync(file, "utf8")));
}

/** Returns the failed tasks of turbo's last run, whose summary is the only one. */
export function readFailedTasks(root) {
  const folder = join(root, ".turbo/runs");
  if (!existsSync(folder)) return [];
  const [file] = readdirSync(folder).filter((name) => name.endsWith(".json"));
  if (file === undefined) return [];
  const { tasks } = JSON.parse(readFileSync(join(folder, file), "utf8"));
  return tasks
    .filter(({ execution }) => execution !== undefined && execution.exitCode !== 0)
    .map(({ taskId, task, directory, logFile }) => {
      const log = join(root, logFile);
      const name = taskId.replace("//#", "");
      return { name, task, directory, log: existsSync(log) ? readFileSync(log, "utf8") : "" };
    });
}

/**
 * Counts the tests, and describes each failure. A test file that cannot be loaded is a failure, and so is a task
 * that fails without a failed test.
 */
export function report(results, failedTasks, root) {
  const files = results
    .flatMap(({ testResults }) => testResults)
    .map((file) => ({ ...file, path: relative(root, file.name).replaceAll(sep, "/") }));
  const tests = files.flatMap(({ path, assertionResults }) =>
    assertionResults.map((result) => ({ ...result, path })),
  );
  const countOf = (...statuses) => tests.filter(({ status }) => statuses.includes(status)).length;

  const failedTests = tests.filter(({ status }) => status === "failed");
  const unloadedFiles = files.filter(
    ({ status, assertionResults }) => status === "failed" && assertionResults.length === 0,
  );
  const hasFailure = (directory) =>
    [...failedTests, ...unloadedFiles].some(({ path }) => path.startsWith(`${directory}/`));
  const otherTasks = failedTasks.filter(
    ({ task, directory }) => !(task === "test" && hasFailure(directory)),
  );

  const failures = [
    ...failedTests.map(({ path, fullName, failureMessages }) =>
      describeFailure(`${path}: ${fullName}`, failureMessages.join("\n")),
    ),
    ...unloadedFiles.map(({ path, message }) => describeFailure(path, message)),
    ...otherTasks.map(({ name, log }) => describeFailure(name, errorsIn(log))),
  ];
  return { failures, passed: countOf("passed"), skipped: countOf("pending", "skipped", "todo") };
}

/** Returns a title with the first lines of an explanation below it. */
function describeFailure(title, text) {
  const lines = stripVTControlCharacters(text)
    .split("\n")
    .filter((line) => line.trim() !== "" && !line.includes("node_modules"));
  return [title, ...lines.slice(0, shownLines).map((line) => `    ${line}`)].join("\n");
}

/** Returns a log from its first error on, without the command. */
function errorsIn(log) {
  const lines = stripVTControlCharacters(log)
    .split("\n")
    .filter((line) => !line.startsWith("$ "));
  // Biome's headings end in a rule.
  const first = lines.findIndex((line) => /error|×|✖|✗| ━━━/i.test(line));
  return lines.slice(Math.max(first, 0)).join("\n");
}
