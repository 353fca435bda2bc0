import { integer, numeric, optionsParser, picklist, unknown } from "../arguments/options.ts";
import { layoutOf, resolveAxis } from "../arrays/layout.ts";
import { openOutput } from "../arrays/output.ts";
import { readFloats } from "../arrays/readArray.ts";
import type { Kernels } from "../kernels/interface.ts";
import type { SoftmaxOptions } from "./options.ts";

const parseOptions = optionsParser<Required<Omit<SoftmaxOptions, "out">> & { out: unknown }>({
  axis: integer(-1),
  temperature: numeric(1, "a finite number above 0", (t) => t > 0 && t < Number.POSITIVE_INFINITY),
  whenEmpty: picklist("nan", "zero"),
  out: unknown(),
});

/** Applies the kernel of softmax or logSoftmax to the rows of `x` along an axis. */
export function alongAxis(
  functionName: string,
  x: unknown,
  options: unknown,
  kernel: Kernels["softmax"],
): unknown {
  const { axis, temperature, whenEmpty, out } = parseOptions(functionName, options);
  const input = readFloats(`${functionName}: x`, x);
  const layout = layoutOf(input.shape, resolveAxis(functionName, axis, input.shape));
  const output = openOutput(functionName, out, input.shape, input, [input.data]);
  kernel(input.data, output.data, layout, temperature, whenEmpty === "zero" ? 0 : Number.NaN);
  return output.finish();
}
