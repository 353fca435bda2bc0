import { expect, test } from "vitest";
import { compileAndRun } from "../../../../../test/compileAndRun.ts";
import { CompileError, compile } from "./compile.ts";
import { importer } from "./modules.ts";

const modules = { maths: { twice: (x: number) => 2 * x, one: 1 } };

const shownBy = async (code: string) =>
  (await compileAndRun(code, modules)).map(({ value }) => value);

test("expression statements are shown with their sources", async () => {
  const shown = await compileAndRun(
    '"use strict";\nconst a = 1;\na + 1 // two\n;\n(3, 4)\n',
    modules,
  );
  expect(shown).toEqual([
    { line: 3, text: "a + 1 // two", value: 2 },
    { line: 5, text: "(3, 4)", value: 4 },
  ]);
});

test.each([
  ['import { twice } from "maths";\ntwice(2);', [4]],
  ['import { twice as double, one } from "maths";\ndouble(one);', [2]],
  ['import * as maths from "maths";\nmaths.one;', [1]],
  ['import { type A, one } from "maths";\none;', [1]],
  ['import type { A } from "elsewhere";\n1;', [1]],
  ["export const a = 5;\nexport function f() { return a; }\nf();", [5]],
  ["const a: number = await Promise.resolve(6);\na as number;", [6]],
  ["enum E { A, B }\nE.B;", [1]],
])("runs %j", async (code, values) => {
  expect(await shownBy(code)).toEqual(values);
});

test("line numbers do not change", () => {
  const code = 'import {\n  one,\n} from "maths";\ninterface A {\n  a: 1;\n}\none;\n\none;\n';
  const { body, expressions } = compile(code);
  const lines = body.split("\n");
  expect(lines).toHaveLength(code.split("\n").length);
  for (const { line } of expressions) expect(lines[line - 1]).toContain("__show(");
  expect(expressions.map(({ line }) => line)).toEqual([7, 9]);
});

test.each([
  ["const a = ;", 1],
  ["1;\n\nfunction {", 3],
  ["1;\nexport default 2;", 2],
])("%j is an error at its line", (code, line) => {
  const error = errorOf(code);
  expect(error).toBeInstanceOf(CompileError);
  expect(error).toMatchObject({ line, message: expect.not.stringMatching(/\(\d+:\d+\)/) });
});

function errorOf(code: string): unknown {
  try {
    return compile(code);
  } catch (error) {
    return error;
  }
}

test("only known modules can be imported, and only what they export", () => {
  const load = importer(modules);
  expect(load("maths", ["one"])).toBe(modules.maths);
  expect(() => load("lodash", [])).toThrow('Only maths can be imported here, not "lodash".');
  expect(() => load("toString", [])).toThrow("not");
  expect(() => load("maths", ["thrice"])).toThrow('"maths" does not export thrice.');
});
