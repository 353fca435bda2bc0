import { readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";

/** A program in a text: a TypeScript code block with an import. */
export interface Example {
  readonly line: number;
  readonly code: string;
}

/** An expression of a program, and the claim about its value in the comment beside it. */
export interface Claim {
  readonly expression: string;
  readonly value: unknown;
  readonly claimed: string;
}

/** Returns the programs in a Markdown file, or in the doc comments of a source file. */
export function readExamples(url: URL): Example[] {
  const text = readFileSync(url, "utf8").replace(/^ \* ?/gm, "");
  return [...text.matchAll(/^```ts\b.*\n([\s\S]*?)^```/gm)]
    .map((match) => ({ line: text.slice(0, match.index).split("\n").length, code: match[1] }))
    .filter(({ code }) => /^import /m.test(code));
}

/** Modules by name, each with what it exports. */
export type Modules = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** Runs a program that imports from `modules`, and returns its claims with the actual values. */
export async function runExample({ code }: Example, modules: Modules): Promise<Claim[]> {
  const claims: Claim[] = [];
  const body = code
    .replace(/^import type .*$/gm, "")
    .replace(/^import \{([^}]*)\} from "([^"]+)";$/gm, (_, names: string, from: string) => {
      if (!Object.hasOwn(modules, from)) throw new Error(`The example imports ${from}.`);
      const values = names.split(",").filter((name) => name.trim() && !/^\s*type /.test(name));
      return `const {${values.join(",").replace(/ as /g, ": ")}} = modules[${JSON.stringify(from)}];`;
    })
    .replace(
      /^(?!const |let |\/\/|\s)(.*);\s*\/\/ (.*)$/gm,
      (_, expression: string, claimed: string) =>
        `claim(${JSON.stringify(expression)}, ${expression}, ${JSON.stringify(claimed)});`,
    );
  const claim = (expression: string, value: unknown, claimed: string) =>
    claims.push({ expression, value, claimed });
  const AsyncFunction = (async () => {}).constructor as FunctionConstructor;
  const program = stripTypeScriptTypes(`async () => {${body}}`, { mode: "strip" }).slice(13, -1);
  await new AsyncFunction("modules", "claim", program)(modules, claim);
  return claims;
}

/**
 * Returns whether the numbers of a claim are those of the value, in order: `0.407…` claims the
 * digits before the ellipsis, truncated, not rounded. Words beside the numbers are not checked.
 */
export function holds({ value, claimed }: Claim): boolean {
  const [part] = claimed.split(/, (?=where|as|not)/);
  const numbers = [...part.matchAll(/-?(?:\d+(?:\.\d+)?(?:e[-+]?\d+)?|Infinity)…?|NaN/g)].map(
    String,
  );
  const actual = numbersOf(value);
  if (numbers.length === 0) return true;
  return (
    numbers.length === actual.length &&
    numbers.every((number, i) => {
      const digits = number.replace("…", "");
      if (number !== digits) return String(actual[i]).startsWith(digits);
      return Object.is(Number(digits), actual[i]) || significant(actual[i], digits) === digits;
    })
  );
}

function significant(value: number, digits: string): string {
  const count = digits.replace(/e.*$/, "").replace(/\D/g, "").replace(/^0+/, "").length;
  return digits.includes("e") ? value.toExponential(count - 1) : String(value);
}

function numbersOf(value: unknown): number[] {
  if (typeof value === "number") return [value];
  if (ArrayBuffer.isView(value)) return Array.from(value as Float64Array);
  if (typeof value === "object" && value !== null) return Object.values(value).flatMap(numbersOf);
  return [];
}
