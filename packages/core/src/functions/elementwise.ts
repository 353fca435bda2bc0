import { optionsParser, unknown } from "../arguments/options.ts";
import { openOutput } from "../arrays/output.ts";
import { readFloats } from "../arrays/readArray.ts";

export const parseElementOptions = optionsParser<{ out: unknown }>({ out: unknown() });

/** Applies a function of one number to each element. */
export function elementwise(
  functionName: string,
  x: unknown,
  options: unknown,
  compute: (x: number) => number,
): unknown {
  const { out } = parseElementOptions(functionName, options);
  const view = readFloats(`${functionName}: x`, x);
  const output = openOutput(functionName, out, view.shape, view, [view.data]);
  for (let i = 0; i < view.data.length; i++) output.data[i] = compute(view.data[i]);
  return output.finish();
}
