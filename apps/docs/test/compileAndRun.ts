import {
  compile,
  type Expression,
} from "../.vitepress/theme/components/runnable/sandbox/compile.ts";
import { importer, type Modules } from "../.vitepress/theme/components/runnable/sandbox/modules.ts";

export interface Shown extends Expression {
  readonly value: unknown;
}

/** Compiles a program as pages do, runs it without a worker, and returns its output. */
export async function compileAndRun(code: string, modules: Modules): Promise<Shown[]> {
  const { body, expressions } = compile(code);
  const shown: Shown[] = [];
  const AsyncFunction = (async () => {}).constructor as FunctionConstructor;
  const program = new AsyncFunction("__import", "__show", `"use strict"; ${body}`);
  await program(importer(modules), (index: number, value: unknown) => {
    if (value !== undefined) shown.push({ ...expressions[index], value });
  });
  return shown;
}
