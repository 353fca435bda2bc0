import { globSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { type Comment, type DeclarationReflection, ReflectionKind } from "typedoc";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import {
  defaultOf,
  firstArgument,
  lossTypes,
  type PublicFunction,
  readFunctions,
} from "../typedoc/readFunctions.ts";
import { readTypes } from "./readTypes.ts";

interface Schema {
  readonly fallback: unknown;
  parse(value: unknown, label: string): unknown;
}
type Schemas = Readonly<Record<string, Schema>>;

/** The schemas of the options that each function has parsed. */
const schemasOf = vi.hoisted(() => new Map<string, Schemas>());

vi.mock("../../../packages/core/src/arguments/options.ts", async (load) => {
  const original = await load<typeof import("../../../packages/core/src/arguments/options.ts")>();
  const optionsParser: typeof original.optionsParser = (schemas, ...rest) => {
    const parse = original.optionsParser(schemas, ...rest);
    return (functionName, options) => {
      schemasOf.set(functionName, schemas);
      return parse(functionName, options);
    };
  };
  return { ...original, optionsParser };
});

// Test files share modules: those that others have loaded are not mocked, and those of this file are no use to others.
vi.resetModules();
afterAll(() => void vi.resetModules());

/** An export and its comments: a function has one per signature, or one for all. */
interface Documented {
  readonly name: string;
  readonly declaration: DeclarationReflection;
  readonly comment: Comment | undefined;
}

let exported: Documented[];
let functions: Documented[];
let withOptions: PublicFunction[];
let called: Readonly<Record<string, (...args: unknown[]) => unknown>>;

beforeAll(async () => {
  const project = await readTypes("packages/core/src/index.ts", "packages/losses/src/index.ts");
  const kinds =
    ReflectionKind.Function |
    ReflectionKind.Variable |
    ReflectionKind.Interface |
    ReflectionKind.TypeAlias;
  exported = project.getReflectionsByKind(kinds).map((reflection) => {
    const declaration = reflection as DeclarationReflection;
    const { name, signatures = [] } = declaration;
    return { name, declaration, comment: declaration.comment ?? signatures[0]?.comment };
  });
  withOptions = readFunctions(project);
  const modules = [await import("@surprisal/core"), await import("@surprisal/losses")];
  called = Object.assign({}, ...modules);
  functions = exported.filter(({ declaration: { kind } }) =>
    [ReflectionKind.Function, ReflectionKind.Variable].includes(kind),
  );
}, 60_000);

const namesOf = (all: readonly Documented[]) => all.map(({ name }) => name);

const has = ({ comment }: Documented, tag: "@example" | "@returns" | "@throws") =>
  comment?.getTag(tag) !== undefined;

const textOf = (comment: Comment | undefined) =>
  [comment?.summary ?? [], ...(comment?.blockTags.map(({ content }) => content) ?? [])]
    .flat()
    .map(({ text }) => text)
    .join("");

describe("the documentation", () => {
  it("describes each export", () => {
    expect(exported.length).toBeGreaterThan(30);
    const bare = exported.filter(({ comment }) => !comment?.hasVisibleComponent());
    expect(namesOf(bare)).toEqual([]);
  });

  it("describes each option", () => {
    const options = exported.filter(({ name }) => name.endsWith("Options"));
    const bare = options.flatMap(({ name, declaration }) =>
      (declaration.children ?? [])
        .filter(({ comment }) => comment === undefined)
        .map((option) => `${name}.${option.name}`),
    );
    expect(options.length).toBeGreaterThan(5);
    expect(bare).toEqual([]);
  });

  it("has an example for each function", () => {
    expect(functions.length).toBeGreaterThan(10);
    expect(namesOf(functions.filter((one) => !has(one, "@example")))).toEqual([]);
  });

  it("describes each return value", () => {
    const returning = functions.filter(({ declaration }) =>
      (declaration.signatures ?? []).every(({ type }) => String(type) !== "void"),
    );
    expect(returning.length).toBeGreaterThan(10);
    expect(namesOf(returning.filter((one) => !has(one, "@returns")))).toEqual([]);
  });

  it("names the source of each function", () => {
    const lacking = functions.filter(({ comment }) => !textOf(comment).includes("Source:"));
    expect(namesOf(lacking)).toEqual([]);
  });

  it("lists the errors of each function that checks its arguments", () => {
    const checking = functions.filter(({ name, declaration }) => {
      const [signature] = declaration.signatures ?? [];
      const takesNothing = signature !== undefined && !signature.parameters?.length;
      // The arguments of authors of losses are checked by the compiler.
      return (
        !takesNothing && !["defineLoss", "defineClassLoss", "composeCrossEntropy"].includes(name)
      );
    });
    expect(checking.length).toBeGreaterThan(10);
    expect(namesOf(checking.filter((one) => !has(one, "@throws")))).toEqual([]);
  });

  it("describes each parameter", () => {
    const bare = functions.flatMap(({ name, declaration }) =>
      (declaration.signatures?.[0].parameters ?? [])
        .filter(({ comment }) => comment === undefined)
        .map((parameter) => `${name}: ${parameter.name}`),
    );
    expect(bare).toEqual([]);
  });

  it("describes the arguments and the options of each loss", () => {
    const losses = functions.filter(({ declaration }) => lossTypes(declaration) !== undefined);
    expect(namesOf(losses)).toEqual(expect.arrayContaining(["crossEntropy", "nllLoss"]));
    for (const { name, declaration, comment } of losses) {
      const rest = lossTypes(declaration)?.rest.map((argument) => argument.name) ?? [];
      const described = comment?.getTags("@param").map((tag) => tag.name);
      expect(described, name).toEqual([firstArgument(declaration), ...rest, "options"]);
    }
  });

  it.each(pagesOfFunctions())(
    "has an explorer and options that fit on the page of $name",
    (page) => {
      const { name, text } = page;
      const { arguments: args, options } = findApi(name);
      const included = /\/reference\/options\/(\w+)\.md-->/.exec(text)?.[1];
      expect(included, "the function whose options the page includes").toBe(name);
      const { of, start, ranges } = readExplorer(text);
      expect(of, "the function of the explorer").toBe(name);
      const names = [...args, ...options.map((option) => option.name)];
      const unknown = (known: readonly string[], given: object) =>
        Object.keys(given).filter((key) => !known.includes(key));
      expect(unknown(args, start), `names in :start, expected some of ${args}`).toEqual([]);
      expect(unknown(names, ranges), `names in :ranges, expected some of ${names}`).toEqual([]);
      const schemas = schemasAt(name, args.length);
      for (const [option, [least, most]] of Object.entries(ranges)) {
        if (args.includes(option)) continue;
        for (const end of [least, most])
          schemas[option].parse(end, `:ranges of ${name}: ${option}`);
      }
    },
  );

  it("states the default of each option that its schema has", () => {
    const wrong = withOptions.flatMap(({ api: { name, arguments: args }, options }) => {
      const schemas = schemasAt(name, args.length);
      return options.flatMap((option) => {
        const schema = schemas[option.name];
        const stated = readDefault(option);
        // Other defaults are code, or Infinity, which stands for no limit.
        const isNeeded = typeof schema?.fallback !== "object" && schema?.fallback !== Infinity;
        if (stated === undefined && !isNeeded) return [];
        if (schema?.fallback === undefined || Object.is(stated, schema.fallback)) return [];
        return [
          `${name}, ${option.name}: got @defaultValue ${stated}, expected ${schema.fallback}`,
        ];
      });
    });
    expect(withOptions.length).toBeGreaterThan(40);
    expect(wrong).toEqual([]);
  });
});

/** Returns the pages of losses and of functions of core that have an explorer. */
function pagesOfFunctions(): { readonly name: string; readonly text: string }[] {
  const root = new URL("../../../packages/", import.meta.url);
  return globSync("{core/src/functions,losses/src}/*/*.md", { cwd: fileURLToPath(root) })
    .map((path) => ({
      name: basename(path, ".md"),
      text: readFileSync(new URL(path, root), "utf8"),
    }))
    .filter(({ text }) => text.includes("<Explorer"));
}

function findApi(name: string): PublicFunction["api"] {
  const found = withOptions.find(({ api }) => api.name === name);
  if (found === undefined) throw new Error(`${name} is no function with options.`);
  return found.api;
}

/** Reads the attributes of the explorer on a page, whose values are code. */
function readExplorer(text: string) {
  const [, attributes = ""] = /<Explorer([^>]*)\/>/.exec(text) ?? [];
  const code = (name: string) => new RegExp(`\\s:${name}="([^"]*)"`).exec(attributes)?.[1] ?? "{}";
  const evaluate = (name: string) => new Function(`return ${code(name)};`)();
  return {
    of: /\sof="(\w+)"/.exec(attributes)?.[1],
    start: evaluate("start") as Readonly<Record<string, unknown>>,
    ranges: evaluate("ranges") as Readonly<Record<string, readonly [number, number, number]>>,
  };
}

/** Returns the schemas of a function's options. It parses them before it reads arguments, or after. */
function schemasAt(name: string, argumentCount: number): Schemas {
  for (const argument of [undefined, [0.5, 0.5]]) {
    try {
      const args = new Array(argumentCount).fill(argument);
      called[name](...args, { noSuchOption: 1 });
    } catch {
      // The option is unknown.
    }
  }
  const schemas = schemasOf.get(name);
  if (schemas === undefined) throw new Error(`${name} has parsed no options.`);
  return schemas;
}

/** Returns the value that a docstring states as default. */
function readDefault({ comment }: DeclarationReflection): unknown {
  const text = defaultOf(comment);
  if (text === undefined) return undefined;
  return text === "Infinity" ? Number.POSITIVE_INFINITY : JSON.parse(text);
}
