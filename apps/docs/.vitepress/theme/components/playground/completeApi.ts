import type { Completion, CompletionContext, CompletionResult } from "@codemirror/autocomplete";
import { ensureSyntaxTree, syntaxTree } from "@codemirror/language";
import type { Text } from "@codemirror/state";
import type { ApiExport, ApiModule, ApiOption } from "./readApi.ts";

/** The name of the module of global names, as `readApi` gives it. */
const globalModule = "global";

/** How long a completion may wait for the editor's parser, in milliseconds. */
const parseTime = 200;

type Node = ReturnType<ReturnType<typeof syntaxTree>["resolveInner"]>;

/** Completes the names of modules, of their exports and methods, and the options of calls. */
export function completeApi(modules: readonly ApiModule[]) {
  return (context: CompletionContext): CompletionResult | null => {
    const { doc } = context.state;
    // The editor gives its parser 20 ms at first, which a busy machine exceeds.
    const tree =
      ensureSyntaxTree(context.state, doc.length, parseTime) ?? syntaxTree(context.state);
    const node = tree.resolveInner(context.pos, -1);
    if (node.name === "String") return inString(modules, node, doc);
    if (node.name.endsWith("Comment")) return null;
    const word = context.matchBefore(/\w*/);
    if (!word) return null;
    const result = { from: word.from, validFor: /^\w*$/ };
    const owner = context.matchBefore(/[\w.]+\.\w*/);
    if (owner) return { ...result, options: membersOf(modules, owner.text, node, doc) };
    if (word.from === word.to && !context.explicit) return null;
    const options = optionsAt(modules, node, doc);
    return { ...result, options: options?.map(ofOption) ?? exportsAt(modules, node, doc) };
  };
}

/** Completes what follows a dot: a method, or a name in a namespace. */
function membersOf(
  modules: readonly ApiModule[],
  text: string,
  node: Node,
  doc: Text,
): Completion[] {
  const path = text.split(".").slice(0, -1);
  const namespace = modules.find(({ name }) => name === namespacesIn(node, doc).get(path[0]));
  const [name, ...deeper] = namespace ? path.slice(1) : path;
  if (name === undefined) return (namespace?.exports ?? []).filter(isValue).map(ofExport);
  if (deeper.length > 0) return [];
  const owner = (namespace ? [namespace] : modules)
    .flatMap(({ exports }) => exports)
    .find((one) => one.name === name && isValue(one));
  return (owner?.members ?? []).map((one) => ({
    label: one.name,
    type: "method",
    info: one.about || undefined,
  }));
}

/** Returns the modules of `import * as name`, by name. */
function namespacesIn(node: Node, doc: Text): Map<string, string> {
  let top = node;
  while (top.parent) top = top.parent;
  const found = new Map<string, string>();
  for (const declaration of top.getChildren("ImportDeclaration")) {
    const [, name, module] =
      /\*\s+as\s+(\w+)\s+from\s+["'](.*)["']/.exec(textOf(declaration, doc)) ?? [];
    if (name) found.set(name, module);
  }
  return found;
}

/** Completes a string: the name of a module, or a value of an option. */
function inString(modules: readonly ApiModule[], node: Node, doc: Text): CompletionResult | null {
  const words =
    node.parent?.name === "ImportDeclaration"
      ? modules.map(({ name }) => name).filter((name) => name !== globalModule)
      : wordsOf(modules, node, doc);
  if (words.length === 0) return null;
  return {
    from: node.from + 1,
    options: words.map((label) => ({ label, type: "constant" })),
    validFor: /^[^"'`]*$/,
  };
}

function wordsOf(modules: readonly ApiModule[], node: Node, doc: Text): readonly string[] {
  const property = node.parent;
  const name = property?.getChild("PropertyDefinition");
  if (property?.name !== "Property" || !name) return [];
  const option = optionsAt(modules, name, doc)?.find((one) => one.name === textOf(name, doc));
  return option?.words ?? [];
}

/** Completes the keys of an object that is the options of one of our functions. */
function optionsAt(
  modules: readonly ApiModule[],
  node: Node,
  doc: Text,
): readonly ApiOption[] | undefined {
  const object = node.name === "ObjectExpression" ? node : objectNaming(node);
  if (object?.parent?.name !== "ArgList") return undefined;
  const callee = object.parent.parent?.firstChild;
  // The options of a method are among those of its function, and a namespace may come first.
  const path = callee ? textOf(callee, doc).split(".") : [];
  const called = modules
    .flatMap((module) => module.exports)
    .find((each) => each.options.length > 0 && path.includes(each.name));
  return called?.options.length ? called.options : undefined;
}

/** Returns the object literal whose key is at a node. */
function objectNaming(node: Node): Node | null | undefined {
  const isName = node.name === "PropertyDefinition" || node.parent?.name === "PropertyDefinition";
  const property = isName ? node.parent : node.name === "Property" ? node : undefined;
  return property?.name === "Property" ? property.parent : undefined;
}

/**
 * Returns the names to offer: in an import all exports of its module, elsewhere those of all modules,
 * without types where a value is expected.
 */
function exportsAt(modules: readonly ApiModule[], node: Node, doc: Text): Completion[] {
  let declaration: Node | null = node;
  while (declaration && declaration.name !== "ImportDeclaration") declaration = declaration.parent;
  const from = declaration?.getChild("String");
  const name = from && textOf(from, doc).slice(1, -1);
  if (name) return modules.find((each) => each.name === name)?.exports.map(ofExport) ?? [];
  const fits = declaration || node.name === "TypeName" ? () => true : isValue;
  return modules.flatMap(({ name: module, exports }, place) => {
    // The names for authors of losses come last.
    const rank = module.endsWith("/authoring") ? modules.length : place;
    const section = { name: module, rank };
    return exports.filter(fits).map((one) => ({ ...ofExport(one), section }));
  });
}

const isValue = ({ kind }: ApiExport) => kind === "function";

const textOf = ({ from, to }: Node, doc: Text) => doc.sliceString(from, to);

const ofExport = ({ name, kind, about }: ApiExport): Completion => ({
  label: name,
  type: kind,
  info: about || undefined,
});

const ofOption = ({ name, words, about }: ApiOption): Completion => ({
  label: name,
  type: "property",
  detail: words.map((word) => `"${word}"`).join(" | "),
  info: about || undefined,
});
