// Copies a template into the folder of a new loss, and regenerates the index:
//   node packages/losses/scripts/newLoss.mjs huberLoss --kind element
// Tests name another parent than src/, as a URL, in a second argument.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const templates = new URL("../_template/", import.meta.url);
const kinds = readdirSync(templates);
const usage = `Write: pnpm new-loss myLoss --kind ${kinds.join("|")}`;
const { kind, name, parent } = readArguments();
const folder = new URL(`${name}/`, parent ?? new URL("../src/", import.meta.url));

if (!/^[a-z][A-Za-z0-9]*$/.test(name)) fail(`A loss needs a name in camelCase, got "${name}".`);
if (!kinds.includes(kind)) fail(`There is no kind "${kind}". ${usage}`);
if (existsSync(folder)) fail(`${fileURLToPath(folder)} already exists.`);

const template = new URL(`${kind}/`, templates);
mkdirSync(folder, { recursive: true });
for (const file of readdirSync(template)) {
  const content = readFileSync(new URL(file, template));
  const copy = new URL(file.replace("template", name), folder);
  // The fixtures are the template's until the loss has its own.
  writeFileSync(copy, file.endsWith(".gz") ? content : rename(content.toString()));
}
if (parent === undefined) {
  await import("./generateIndex.mjs");
  // A longer or shorter name breaks lines elsewhere.
  const biome = createRequire(import.meta.url).resolve("@biomejs/biome/bin/biome");
  spawnSync(process.execPath, [biome, "check", "--write", fileURLToPath(folder)]);
}
console.log(`Made ${fileURLToPath(folder)}. Every line that says TODO is yours.`);

function readArguments() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { kind: { type: "string", default: "element" } },
    });
    return { kind: values.kind, name: positionals[0] ?? "", parent: positionals[1] };
  } catch (error) {
    fail(`${error.message}\n${usage}`);
  }
}

/** Gives the loss its name, and the imports the paths that they have in src/. */
function rename(text) {
  return text
    .replaceAll("templateLoss", name)
    .replaceAll("TemplateLoss", name[0].toUpperCase() + name.slice(1))
    .replaceAll("template.", `${name}.`)
    .replaceAll('"../../src/', '"../');
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
