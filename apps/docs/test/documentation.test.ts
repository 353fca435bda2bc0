import { type Comment, type DeclarationReflection, ReflectionKind } from "typedoc";
import { beforeAll, describe, expect, it } from "vitest";
import { firstArgument, lossTypes } from "../typedoc/readFunctions.ts";
import { readTypes } from "./readTypes.ts";

/** An export and its comments: a function has one per signature, or one for all. */
interface Documented {
  readonly name: string;
  readonly declaration: DeclarationReflection;
  readonly comment: Comment | undefined;
}

let exported: Documented[];
let functions: Documented[];

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
});
