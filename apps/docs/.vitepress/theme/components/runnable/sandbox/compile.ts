import { type ImportDeclaration, type Program as Module, type Node, parse } from "acorn";
import { transform } from "sucrase";

/** A compiled program: the body of an async function with the parameters `__import` and `__show`. */
export interface Program {
  readonly body: string;
  /** The expression statements: `__show(i, value)` shows the value of the i-th. */
  readonly expressions: readonly Expression[];
}

export interface Expression {
  readonly line: number;
  readonly text: string;
}

/** An error in a program, and its line. */
export class CompileError extends Error {
  readonly line: number;

  constructor(message: string, line: number) {
    super(message);
    this.line = line;
  }
}

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Compiles TypeScript. Line numbers do not change, so that those of errors are right. */
export function compile(source: string): Program {
  const code = atItsLine(() =>
    transform(source, { transforms: ["typescript"], disableESTransforms: true }),
  ).code;
  const module = atItsLine(() =>
    parse(code, {
      ecmaVersion: "latest",
      sourceType: "module",
      allowAwaitOutsideFunction: true,
      locations: true,
    }),
  );
  const expressions: Expression[] = [];
  const body = edited(code, editsOf(module, code, expressions));
  return { body, expressions };
}

function editsOf(module: Module, code: string, expressions: Expression[]): Edit[] {
  return module.body.flatMap((statement): Edit[] => {
    switch (statement.type) {
      case "ImportDeclaration":
        return [replaced(statement, code, importCall(statement))];
      case "ExportNamedDeclaration":
        return statement.declaration
          ? [{ start: statement.start, end: statement.declaration.start, text: "" }]
          : [replaced(statement, code, "")];
      case "ExportDefaultDeclaration":
      case "ExportAllDeclaration":
        throw new CompileError("A program on this page cannot export anything.", lineOf(statement));
      case "ExpressionStatement":
        return statement.directive === undefined ? shown(statement, code, expressions) : [];
      default:
        return [];
    }
  });
}

/** Returns `import { a as b } from "m"` as a call, which checks the names when it runs. */
function importCall({ source, specifiers }: ImportDeclaration): string {
  const names: string[] = [];
  const parts: string[] = [];
  let whole = "";
  for (const specifier of specifiers) {
    const local = specifier.local.name;
    if (specifier.type === "ImportNamespaceSpecifier") whole = local;
    else {
      const name =
        specifier.type === "ImportDefaultSpecifier" ? "default" : nameOf(specifier.imported);
      names.push(name);
      parts.push(`${JSON.stringify(name)}: ${local}`);
    }
  }
  const call = `__import(${JSON.stringify(source.value)}, ${JSON.stringify(names)})`;
  return whole ? `const ${whole} = ${call};` : `const { ${parts.join(", ")} } = ${call};`;
}

const nameOf = (node: { name: string } | { value?: unknown }) =>
  "name" in node ? node.name : String(node.value);

/** Wraps an expression statement in a call that shows its value. */
function shown(statement: Node, code: string, expressions: Expression[]): Edit[] {
  const { start, end } = statement;
  const closed = code[end - 1] === ";";
  const last = closed ? end - 1 : end;
  const text = code.slice(start, last).trim();
  const index = expressions.push({ line: lineOf(statement), text }) - 1;
  return [
    { start, end: start, text: `__show(${index}, (` },
    { start: last, end: last, text: closed ? "))" : "));" },
  ];
}

/** Replaces a statement by `text`, with the same number of lines. */
function replaced({ start, end }: Node, code: string, text: string): Edit {
  return { start, end, text: text + code.slice(start, end).replace(/[^\n]/g, "") };
}

function edited(code: string, edits: readonly Edit[]): string {
  let result = "";
  let at = 0;
  for (const { start, end, text } of edits) {
    result += code.slice(at, start) + text;
    at = end;
  }
  return result + code.slice(at);
}

const lineOf = ({ loc }: Node) => loc?.start.line ?? 1;

/** Moves the line of a syntax error from the message to a property. */
function atItsLine<T>(step: () => T): T {
  try {
    return step();
  } catch (error) {
    const { message, loc } = error as Error & { loc?: { line: number } };
    throw new CompileError(message.replace(/ \(\d+:\d+\)$/, ""), loc?.line ?? 1);
  }
}
