import { formatShape } from "../arguments/format.ts";
import { integer, optionsParser, unknown } from "../arguments/options.ts";
import { layoutOf, resolveAxis, sameShape } from "../arrays/layout.ts";
import { openOutput } from "../arrays/output.ts";
import { readFloats } from "../arrays/readArray.ts";
import type { Kernels } from "../kernels/interface.ts";

const parseOptions = optionsParser<{ axis: number; out: unknown }>({
  axis: integer(-1),
  out: unknown(),
});

/** Applies the kernel of softmaxBackward or logSoftmaxBackward to the rows of both arguments. */
export function alongAxisBackward(
  functionName: string,
  gradOutput: unknown,
  output: unknown,
  options: unknown,
  kernel: Kernels["softmaxBackward"],
): unknown {
  const { axis, out } = parseOptions(functionName, options);
  const g = readFloats(`${functionName}: gradOutput`, gradOutput);
  const y = readFloats(`${functionName}: output`, output);
  if (!sameShape(g.shape, y.shape)) {
    throw new RangeError(
      `${functionName}: gradOutput must have output's shape ${formatShape(y.shape)}, got ${formatShape(g.shape)}.`,
    );
  }
  const layout = layoutOf(y.shape, resolveAxis(functionName, axis, y.shape));
  const gradInput = openOutput(functionName, out, y.shape, g, [g.data, y.data]);
  kernel(g.data, y.data, gradInput.data, layout);
  return gradInput.finish();
}
