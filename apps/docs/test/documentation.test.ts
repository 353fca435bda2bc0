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

type Schemas = Readonly<Record<string, { readonly fallback: unknown }>>;

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

  it("states the default of each option that its schema has", async () => {
    const modules = [await import("@surprisal/core"), await import("@surprisal/losses")];
    const all: Readonly<Record<string, unknown>> = Object.assign({}, ...modules);
    const wrong = withOptions.flatMap(({ api: { name, arguments: args }, options }) => {
      const schemas = schemasAt(name, all[name], args.length);
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

/** Returns the schemas of a function's options. It parses them before it reads arguments, or after. */
function schemasAt(name: string, called: unknown, argumentCount: number): Schemas {
  for (const argument of [undefined, [0.5, 0.5]]) {
    try {
      const args = new Array(argumentCount).fill(argument);
      (called as (...args: unknown[]) => unknown)(...args, { noSuchOption: 1 });
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
