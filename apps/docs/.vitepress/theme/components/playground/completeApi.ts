import type { Completion, CompletionContext, CompletionResult } from "@codemirror/autocomplete";
import { syntaxTree } from "@codemirror/language";
import type { Text } from "@codemirror/state";
import type { ApiExport, ApiModule, ApiOption } from "./readApi.ts";

type Node = ReturnType<ReturnType<typeof syntaxTree>["resolveInner"]>;

/** Completes the names of modules, of their exports, and of the options of calls. */
export function completeApi(modules: readonly ApiModule[]) {
  return (context: CompletionContext): CompletionResult | null => {
    const node = syntaxTree(context.state).resolveInner(context.pos, -1);
    const { doc } = context.state;
    if (node.name === "String") return inString(modules, node, doc);
    if (node.name.endsWith("Comment")) return null;
    const word = context.matchBefore(/\w*/);
    if (!word || (word.from === word.to && !context.explicit)) return null;
    const options = optionsAt(modules, node, doc);
    const offered = options ? options.map(ofOption) : exportsAt(modules, node, doc).map(ofExport);
    return { from: word.from, options: offered, validFor: /^\w*$/ };
  };
}

/** Completes a string: the name of a module, or a value of an option. */
function inString(modules: readonly ApiModule[], node: Node, doc: Text): CompletionResult | null {
  const words =
    node.parent?.name === "ImportDeclaration"
      ? modules.map(({ name }) => name)
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
  const name = callee && textOf(callee, doc).replace(/\.valueAndGrad$/, "");
  const called = modules.flatMap((module) => module.exports).find((each) => each.name === name);
  return called?.options.length ? called.options : undefined;
}

/** Returns the object literal whose key is at a node. */
function objectNaming(node: Node): Node | null | undefined {
  const isName = node.name === "PropertyDefinition" || node.parent?.name === "PropertyDefinition";
  const property = isName ? node.parent : node.name === "Property" ? node : undefined;
  return property?.name === "Property" ? property.parent : undefined;
}

/** Returns the names to offer: in an import the exports of its module, elsewhere all exports. */
function exportsAt(modules: readonly ApiModule[], node: Node, doc: Text): readonly ApiExport[] {
  let declaration: Node | null = node;
  while (declaration && declaration.name !== "ImportDeclaration") declaration = declaration.parent;
  const from = declaration?.getChild("String");
  const name = from && textOf(from, doc).slice(1, -1);
  return modules.filter((each) => !name || each.name === name).flatMap((each) => each.exports);
}

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
