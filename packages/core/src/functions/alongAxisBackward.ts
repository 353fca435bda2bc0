import { formatShape } from "../arguments/format.ts";
import { optionsParser, unknown } from "../arguments/options.ts";
import { sameShape } from "../arrays/layout.ts";
import { openOutput } from "../arrays/output.ts";
import { readFloats } from "../arrays/readArray.ts";
import type { Kernels } from "../kernels/interface.ts";
import { type Axes, axisSchema, permute, rowsAlong, unpermute } from "./rowsAlong.ts";

const parseOptions = optionsParser<{ axis: Axes; out: unknown }>({
  axis: axisSchema,
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
  const { shape } = y;
  if (!sameShape(g.shape, shape)) {
    throw new RangeError(
      `${functionName}: gradOutput must have output's shape ${formatShape(shape)}, got ${formatShape(g.shape)}.`,
    );
  }
  const { layout, permutation } = rowsAlong(functionName, axis, shape);
  const gradInput = openOutput(functionName, out, shape, g, [g.data, y.data]);
  if (permutation === undefined) kernel(g.data, y.data, gradInput.data, layout);
  else {
    const rows = permute(g.data, shape, permutation);
    kernel(rows, permute(y.data, shape, permutation), rows, layout);
    unpermute(rows, gradInput.data, shape, permutation);
  }
  return gradInput.finish();
}
