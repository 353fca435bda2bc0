import { deferred, optionsReader } from "./options.ts";
import { readFloats } from "./read.ts";
import { openOutput } from "./write.ts";

/** Options of functions that work on each element alone. */
export interface ElementOptions {
  /** Receives the result: a container like the result's, of its shape and element type. May be the input. */
  out?: object;
}

export const readElementOptions = optionsReader<{ out: unknown }>({ out: deferred() });

/** Applies a function of one number to each element. */
export function elementwise(
  where: string,
  x: unknown,
  options: unknown,
  of: (x: number) => number,
): unknown {
  const { out } = readElementOptions(where, options);
  const view = readFloats(`${where}: x`, x);
  const output = openOutput(where, out, view.shape, view, [view.data]);
  for (let i = 0; i < view.data.length; i++) output.data[i] = of(view.data[i]);
  return output.finish();
}
