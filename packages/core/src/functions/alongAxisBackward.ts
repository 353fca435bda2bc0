import { showShape } from "../arguments/format.ts";
import type { Kernels } from "../kernels/interface.ts";
import { layoutOf, resolveAxis, sameShape } from "../arrays/layout.ts";
import { deferred, integer, optionsReader } from "../arguments/options.ts";
import { readFloats } from "../arrays/readArray.ts";
import { openOutput } from "../arrays/output.ts";

const readOptions = optionsReader<{ axis: number; out: unknown }>({
  axis: integer(-1),
  out: deferred(),
});

/** What the two backward functions share: all but the kernel. */
export function backward(
  where: string,
  gradOutput: unknown,
  output: unknown,
  options: unknown,
  kernel: Kernels["softmaxBackward"],
): unknown {
  const { axis, out } = readOptions(where, options);
  const g = readFloats(`${where}: gradOutput`, gradOutput);
  const y = readFloats(`${where}: output`, output);
  if (!sameShape(g.shape, y.shape)) {
    throw new RangeError(
      `${where}: gradOutput must have output's shape ${showShape(y.shape)}, got ${showShape(g.shape)}.`,
    );
  }
  const layout = layoutOf(y.shape, resolveAxis(where, axis, y.shape));
  const result = openOutput(where, out, y.shape, g, [g.data, y.data]);
  kernel(g.data, y.data, result.data, layout);
  return result.finish();
}
