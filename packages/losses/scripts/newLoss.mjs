// Copies _template into the folder of a new loss: node packages/losses/scripts/newLoss.mjs huberLoss
// Tests name another parent than src/, as a URL, in a second argument.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const template = new URL("../_template/", import.meta.url);
const [name = "", parent = new URL("../src/", import.meta.url).href] = process.argv.slice(2);
const folder = new URL(`${name}/`, parent);

if (!/^[a-z][A-Za-z0-9]*$/.test(name)) fail(`A loss needs a name in camelCase, got "${name}".`);
if (existsSync(folder)) fail(`${fileURLToPath(folder)} already exists.`);

mkdirSync(folder, { recursive: true });
for (const file of readdirSync(template)) {
  const content = readFileSync(new URL(file, template));
  const copy = new URL(file.replace("template", name), folder);
  // The fixtures are the squared error's until the loss has its own.
  writeFileSync(copy, file.endsWith(".gz") ? content : rename(content.toString()));
}
console.log(`Made ${fileURLToPath(folder)}. Every line that says TODO is yours.`);

/** Gives the loss its name, and the imports the paths that they have in src/. */
function rename(text) {
  return text
    .replaceAll("templateLoss", name)
    .replaceAll("TemplateLoss", name[0].toUpperCase() + name.slice(1))
    .replaceAll("template.", `${name}.`)
    .replaceAll('"../src/', '"../')
    .replaceAll('"../test/', '"../../test/');
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
