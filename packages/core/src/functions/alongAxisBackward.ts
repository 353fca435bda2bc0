import { formatShape } from "../arguments/format.ts";
import { isPlainObject, optionsParser, readOption, unknown } from "../arguments/options.ts";
import { sameShape } from "../arrays/layout.ts";
import type { Kernels } from "../kernels/interface.ts";
import { type Axes, axisSchema, permute, readAxes, rowsAlong, unpermute } from "./rowsAlong.ts";
import { openResult, readInput, releaseInput, smallBuffers } from "./smallArrays.ts";

interface ParsedOptions {
  axis: Axes;
  out: unknown;
}

const parseOptions = optionsParser<ParsedOptions>({ axis: axisSchema, out: unknown() });

const gradientBuffers = /* @__PURE__ */ smallBuffers();
const outputBuffers = /* @__PURE__ */ smallBuffers();

/** Applies the kernel of softmaxBackward or logSoftmaxBackward to the rows of both arguments. */
export function alongAxisBackward(
  functionName: string,
  gradOutput: unknown,
  output: unknown,
  options: unknown,
  kernel: Kernels["softmaxBackward"],
): unknown {
  const { axis, out } =
    readValidOptions(functionName, options) ?? parseOptions(functionName, options);
  const g = readInput(functionName, "gradOutput", gradOutput, gradientBuffers);
  const y = readInput(functionName, "output", output, outputBuffers);
  const { shape } = y;
  if (!sameShape(g.shape, shape)) {
    throw new RangeError(
      `${functionName}: gradOutput must have output's shape ${formatShape(shape)}, got ${formatShape(g.shape)}.`,
    );
  }
  const { layout, permutation } = rowsAlong(functionName, axis, shape);
  const gradInput = openResult(functionName, out, g, [g.data, y.data]);
  // Without elements there may still be two billion rows to visit.
  if (g.data.length === 0) return gradInput.finish();
  if (permutation === undefined) kernel(g.data, y.data, gradInput.data, layout);
  else {
    const rows = permute(g.data, shape, permutation);
    kernel(rows, permute(y.data, shape, permutation), rows, layout);
    unpermute(rows, gradInput.data, shape, permutation);
  }
  const result = gradInput.finish();
  releaseInput(g);
  releaseInput(y);
  return result;
}

const names: readonly string[] = ["axis", "out"];

/** Reads options in a third of the parser's time; returns undefined unless all are known and valid. */
function readValidOptions(functionName: string, options: unknown): ParsedOptions | undefined {
  if (!isPlainObject(options)) return undefined;
  let axis: Axes = -1;
  let out: unknown;
  for (const name of Object.keys(options)) {
    const value = readOption(functionName, options, name);
    if (value === undefined && names.includes(name)) continue;
    if (name === "axis") {
      const axes = readAxes(value);
      if (axes === undefined) return undefined;
      axis = axes;
    } else if (name === "out") out = value;
    else return undefined;
  }
  return { axis, out };
}
