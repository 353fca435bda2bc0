// Says which names a new loss cannot have.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { lossFolders } from "./lossFolders.mjs";

const packages = fileURLToPath(new URL("../../", import.meta.url));
const source = join(packages, "losses/src");

/**
 * Returns what is wrong with the name of a new loss, and a name that is not, or undefined.
 *
 * @param template the folder that is copied.
 */
export function findNameProblem(name, template) {
  const conflict = findConflict(name, template);
  if (conflict === undefined) return undefined;
  const words = name.match(/[A-Za-z][A-Za-z0-9]*/g) ?? ["myLoss"];
  const capitalized = words.map((word) => word[0].toUpperCase() + word.slice(1)).join("");
  const camelCase = capitalized[0].toLowerCase() + capitalized.slice(1);
  const suffixed = /loss$/i.test(camelCase) ? [] : [`${camelCase}Loss`];
  const free = [camelCase, ...suffixed, `my${capitalized}`].find(
    (other) => findConflict(other, template) === undefined,
  );
  return `Got the name "${name}", ${conflict}. Write a name such as ${free ?? "pinballLoss"}.`;
}

function findConflict(name, template) {
  if (!/^[a-z][A-Za-z0-9]*$/.test(name)) return "expected one in camelCase, of letters and digits";
  if (isReserved(name))
    return "which is a word of JavaScript, expected one that a constant can have";
  const folder = readdirSync(source).find((entry) => isSame(entry, name));
  if (folder === name) {
    return `expected a new one: packages/losses/src/${name} exists. Work on that folder, or delete it first`;
  }
  if (folder !== undefined) {
    return `expected one that differs from the folder "${folder}" by more than its case: on macOS and Windows they are the same`;
  }
  for (const [owner, names] of takenNames()) {
    const own = ownNames(name);
    const taken = names.find((other) => own.some((exported) => isSame(exported, other)));
    if (taken !== undefined) return `expected new exports: ${owner} has "${taken}"`;
  }
  if (wordsOf(template).has(name))
    return "which is a word of the template's code, expected a new one";
  return undefined;
}

/** Returns the names that a loss exports: itself and its options. */
function ownNames(name) {
  return [name, `${name[0].toUpperCase()}${name.slice(1)}Options`];
}

function isSame(entry, name) {
  return entry.toLowerCase() === name.toLowerCase();
}

/** Returns whether a module cannot declare the name, or would hide a global one of JavaScript with it. */
function isReserved(name) {
  if (name in globalThis) return true;
  try {
    // Async, because `await` is reserved in modules. The name has been checked: it holds letters and digits.
    new Function(`"use strict"; async () => { const ${name} = 0; };`);
    return false;
  } catch {
    return true;
  }
}

/** Returns the exports that users import beside the new loss, with the package that has them. */
function takenNames() {
  const losses = lossFolders().map((name) => join(source, name, `${name}.ts`));
  return [
    ["@surprisal/losses", [join(source, "define/defineLoss.ts"), ...losses].flatMap(exportsOf)],
    ["@surprisal/core", exportsOf(join(packages, "core/src/index.ts"))],
    ["@surprisal/tfjs", exportsOf(join(packages, "tfjs/src/index.ts"))],
  ];
}

/** Returns the names that a module of TypeScript exports, those of its `export *` among them. */
function exportsOf(file) {
  if (!existsSync(file)) return [];
  const text = readFileSync(file, "utf8");
  const declared = text.matchAll(
    /^export (?:declare |abstract |async )*(?:const|function|class|interface|type) (\w+)/gm,
  );
  const listed = [...text.matchAll(/^export (?:type )?\{([^}]*)\}/gm)].flatMap(([, list]) =>
    list.split(",").map((item) => /(\w+)\s*$/.exec(item)?.[1] ?? ""),
  );
  const others = [...text.matchAll(/^export \* from "(\..*)"/gm)].flatMap(([, path]) =>
    exportsOf(join(dirname(file), path)),
  );
  return [...[...declared].map(([, name]) => name), ...listed, ...others];
}

/** Returns the words of a template's code, which it would not be able to use any more. */
function wordsOf(template) {
  const files = readdirSync(template).filter((file) => file.endsWith(".ts"));
  const code = files.map((file) => readFileSync(join(template, file), "utf8")).join("\n");
  return new Set(code.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, "").match(/\w+/g));
}
