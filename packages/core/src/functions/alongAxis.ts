import type { Kernels } from "../kernels/interface.ts";
import { layoutOf, resolveAxis } from "../arrays/layout.ts";
import { choice, deferred, integer, numeric, optionsReader } from "../arguments/options.ts";
import { readFloats } from "../arrays/readArray.ts";
import type { SoftmaxOptions } from "./options.ts";
import { openOutput } from "../arrays/output.ts";

const readOptions = optionsReader<Required<Omit<SoftmaxOptions, "out">> & { out: unknown }>({
  axis: integer(-1),
  temperature: numeric(1, "a finite number above 0", (t) => t > 0 && t < Number.POSITIVE_INFINITY),
  whenEmpty: choice("nan", "zero"),
  out: deferred(),
});

/** What softmax and logSoftmax share: all but the kernel. */
export function rowwise(
  where: string,
  x: unknown,
  options: unknown,
  kernel: Kernels["softmax"],
): unknown {
  const { axis, temperature, whenEmpty, out } = readOptions(where, options);
  const view = readFloats(`${where}: x`, x);
  const layout = layoutOf(view.shape, resolveAxis(where, axis, view.shape));
  const output = openOutput(where, out, view.shape, view, [view.data]);
  kernel(view.data, output.data, layout, temperature, whenEmpty === "zero" ? 0 : Number.NaN);
  return output.finish();
}
