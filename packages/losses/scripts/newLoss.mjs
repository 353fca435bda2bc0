// Copies a template into the folder of a new loss, and regenerates the indices:
//   node packages/losses/scripts/newLoss.mjs huberLoss --kind element
// With `--into <folder>`, which tests use, it writes elsewhere than into src/, and regenerates nothing.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { findNameProblem } from "./lossNames.mjs";

const templates = fileURLToPath(new URL("../_template/", import.meta.url));
const source = fileURLToPath(new URL("../src/", import.meta.url));
const kinds = readdirSync(templates);
const usage = `Write: pnpm new-loss myLoss --kind ${kinds.join("|")}`;

const { kind, name, into } = readArguments();
const template = join(templates, kind);
const problem = findNameProblem(name, template);
if (problem !== undefined) fail(`${problem}\n${usage}`);
const folder = join(into ?? source, name);
if (existsSync(folder)) {
  fail(`${folder} already exists, expected a new name. Write another name, or remove the folder.`);
}

mkdirSync(folder, { recursive: true });
for (const file of readdirSync(template)) {
  const content = readFileSync(join(template, file));
  const copy = join(
    folder,
    file.replace("template", () => name),
  );
  // The fixtures are the template's until the loss has its own.
  writeFileSync(copy, file.endsWith(".gz") ? content : rename(content.toString()));
}
if (into === undefined) {
  await import("./generateIndex.mjs");
  await import("../../tfjs/scripts/generateOperations.mjs");
  formatFolder();
}
console.log(`Made ${folder}. Every line that says TODO is yours.`);

function readArguments() {
  const { values, positionals } = parse();
  if (positionals.length !== 1) {
    const got = positionals.length === 0 ? "none" : positionals.join(" ");
    fail(`Got ${positionals.length} names (${got}), expected one. ${usage}`);
  }
  if (values.kind === undefined) fail(`Got no --kind, expected ${kinds.join(" or ")}. ${usage}`);
  if (!kinds.includes(values.kind)) {
    fail(`Got the kind "${values.kind}", expected ${kinds.join(" or ")}. ${usage}`);
  }
  const { into: parent } = values;
  return { kind: values.kind, name: positionals[0], into: parent && resolve(parent) };
}

function parse() {
  const options = { kind: { type: "string" }, into: { type: "string" } };
  try {
    // pnpm passes on the "--" that npm needs.
    const args = process.argv.slice(2).filter((argument) => argument !== "--");
    return parseArgs({ allowPositionals: true, options, args });
  } catch (error) {
    fail(`${error.message}\n${usage}`);
  }
}

/** Gives the loss its name, in one pass because the name may hold "template", and the imports their paths in src/. */
function rename(text) {
  const names = {
    templateLoss: name,
    TemplateLoss: name[0].toUpperCase() + name.slice(1),
    "template.": `${name}.`,
    '"../../src/': '"../',
  };
  return text.replace(
    /templateLoss|TemplateLoss|template\.|"\.\.\/\.\.\/src\//g,
    (found) => names[found],
  );
}

/** Formats the files: a longer or shorter name breaks lines elsewhere. */
function formatFolder() {
  const biome = createRequire(import.meta.url).resolve("@biomejs/biome/bin/biome");
  const args = [biome, "check", "--write", folder];
  const { error, status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  if (status === 0) return;
  fail(
    `${error?.message ?? stdout + stderr}\nMade ${folder}, but Biome did not accept its files. Mend what it names above.`,
  );
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
