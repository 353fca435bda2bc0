import { optionsParser, unknown } from "../arguments/options.ts";
import { openOutput } from "../arrays/output.ts";
import { readFloats } from "../arrays/readArray.ts";

/** Parses the options of elementwise functions. */
export const parseElementOptions = optionsParser<{ out: unknown }>({ out: unknown() });

/** Applies a function of one number to each element of `x`. */
export function elementwise(
  functionName: string,
  x: unknown,
  options: unknown,
  compute: (x: number) => number,
): unknown {
  const { out } = parseElementOptions(functionName, options);
  const input = readFloats(`${functionName}: x`, x);
  const output = openOutput(functionName, out, input.shape, input, [input.data]);
  for (let i = 0; i < input.data.length; i++) output.data[i] = compute(input.data[i]);
  return output.finish();
}
