import { optionsParser, unknown } from "../arguments/options.ts";
import { openOutput } from "../arrays/output.ts";
import { readFloats } from "../arrays/readArray.ts";
import type { UnaryKernel } from "../kernels/elementInterface.ts";

/** Parses the options of elementwise functions. */
export const parseElementOptions = optionsParser<{ out: unknown }>({ out: unknown() });

/** Applies a kernel to the elements of `x`. */
export function elementwise(
  functionName: string,
  x: unknown,
  options: unknown,
  kernel: UnaryKernel,
): unknown {
  const { out } = parseElementOptions(functionName, options);
  const input = readFloats(`${functionName}: x`, x);
  const output = openOutput(functionName, out, input.shape, input, [input.data]);
  kernel(input.data, output.data, input.data.length);
  return output.finish();
}
