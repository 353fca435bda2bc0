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

/** What softmax and logSoftmax share: all but the kernel. */
export function alongAxis(
  functionName: string,
  x: unknown,
  options: unknown,
  kernel: Kernels["softmax"],
): unknown {
  const { axis, temperature, whenEmpty, out } = parseOptions(functionName, options);
  const view = readFloats(`${functionName}: x`, x);
  const layout = layoutOf(view.shape, resolveAxis(functionName, axis, view.shape));
  const output = openOutput(functionName, out, view.shape, view, [view.data]);
  kernel(view.data, output.data, layout, temperature, whenEmpty === "zero" ? 0 : Number.NaN);
  return output.finish();
}
