import { numeric, optionsParser, picklist, unknown } from "../arguments/options.ts";
import { openOutput } from "../arrays/output.ts";
import { readFloats } from "../arrays/readArray.ts";
import type { Kernels } from "../kernels/interface.ts";
import { type Axes, axisSchema, permute, rowsAlong, unpermute } from "./rowsAlong.ts";

interface ParsedOptions {
  axis: Axes;
  temperature: number;
  whenEmpty: "nan" | "zero";
  out: unknown;
}

const parseOptions = optionsParser<ParsedOptions>({
  axis: axisSchema,
  temperature: numeric(1, "a finite number above 0", (t) => t > 0 && t < Number.POSITIVE_INFINITY),
  whenEmpty: picklist("nan", "zero"),
  out: unknown(),
});

/** Applies the kernel of softmax or logSoftmax to the rows of `x` along one or several axes. */
export function alongAxis(
  functionName: string,
  x: unknown,
  options: unknown,
  kernel: Kernels["softmax"],
): unknown {
  const { axis, temperature, whenEmpty, out } = parseOptions(functionName, options);
  const { data, shape, ...spec } = readFloats(`${functionName}: x`, x);
  const { layout, permutation } = rowsAlong(functionName, axis, shape);
  const output = openOutput(functionName, out, shape, spec, [data]);
  const empty = whenEmpty === "zero" ? 0 : Number.NaN;
  if (permutation === undefined) kernel(data, output.data, layout, temperature, empty);
  else {
    const rows = permute(data, shape, permutation);
    kernel(rows, rows, layout, temperature, empty);
    unpermute(rows, output.data, shape, permutation);
  }
  return output.finish();
}
