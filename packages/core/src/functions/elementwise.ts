import { deferred, optionsReader } from "../arguments/options.ts";
import { readFloats } from "../arrays/readArray.ts";
import { openOutput } from "../arrays/output.ts";

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
