import { type Comment, type DeclarationReflection, ReflectionKind } from "typedoc";
import { beforeAll, describe, expect, it } from "vitest";
import { readTypes } from "./readTypes.ts";

/** What is exported, with the comments that describe it: a function has one per signature, or one for all. */
interface Documented {
  readonly name: string;
  readonly declaration: DeclarationReflection;
  readonly comment: Comment | undefined;
}

let exported: Documented[];

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
});

const isCallable = ({ declaration }: Documented) =>
  declaration.kind === ReflectionKind.Function || declaration.kind === ReflectionKind.Variable;

const textOf = (comment: Comment | undefined) =>
  [comment?.summary ?? [], ...(comment?.blockTags.map(({ content }) => content) ?? [])]
    .flat()
    .map(({ text }) => text)
    .join("");

describe("everything exported is documented", () => {
  it("says of each what it is", () => {
    expect(exported.length).toBeGreaterThan(30);
    const bare = exported.filter(({ comment }) => !comment?.hasVisibleComponent());
    expect(bare.map(({ name }) => name)).toEqual([]);
  });

  it("says of each option what it does", () => {
    const options = exported.filter(({ name }) => name.endsWith("Options"));
    const bare = options.flatMap(({ name, declaration }) =>
      (declaration.children ?? [])
        .filter(({ comment }) => comment === undefined)
        .map((option) => `${name}.${option.name}`),
    );
    expect(options.length).toBeGreaterThan(5);
    expect(bare).toEqual([]);
  });

  it.each(["@returns", "@example"] as const)("every function has %s", (tag) => {
    const functions = exported.filter(isCallable);
    expect(functions.length).toBeGreaterThan(10);
    const lacking = functions.filter(({ comment }) => comment?.getTag(tag) === undefined);
    expect(lacking.map(({ name }) => name)).toEqual([]);
  });

  it("every function says where it comes from", () => {
    const lacking = exported
      .filter(isCallable)
      .filter(({ comment }) => !textOf(comment).includes("Source:"));
    expect(lacking.map(({ name }) => name)).toEqual([]);
  });

  it("every function that is given something says what it throws", () => {
    const lacking = exported
      .filter(isCallable)
      .filter(({ declaration }) => declaration.signatures?.at(-1)?.parameters?.length !== undefined)
      .filter(({ comment }) => comment?.getTag("@throws") === undefined);
    expect(lacking.map(({ name }) => name)).toEqual([]);
  });

  it("every parameter is described", () => {
    const bare = exported.flatMap(({ name, declaration }) =>
      (declaration.signatures ?? [])
        .slice(0, 1)
        .flatMap(({ parameters = [] }) => parameters)
        .filter(({ comment }) => comment === undefined)
        .map((parameter) => `${name}: ${parameter.name}`),
    );
    expect(bare).toEqual([]);
  });
});
