import {
  isPlainObject,
  numeric,
  optionsParser,
  picklist,
  readOption,
  unknown,
} from "../arguments/options.ts";
import { maskNames } from "../arguments/otherNames.ts";
import type { Kernels } from "../kernels/interface.ts";
import { type Axes, axisSchema, permute, readAxes, rowsAlong, unpermute } from "./rowsAlong.ts";
import { openResult, readInput, releaseInput, smallBuffers } from "./smallArrays.ts";

interface ParsedOptions {
  axis: Axes;
  temperature: number;
  whenEmpty: "nan" | "zero";
  out: unknown;
}

const parseOptions = optionsParser<ParsedOptions>(
  {
    axis: axisSchema,
    temperature: {
      ...numeric(1, "a finite number above 0", isTemperature),
      otherNames: /^t(au|emp)?$/,
    },
    whenEmpty: picklist("nan", "zero"),
    out: unknown(),
  },
  maskNames,
);

function isTemperature(value: number): boolean {
  return value > 0 && value < Number.POSITIVE_INFINITY;
}

const buffers = /* @__PURE__ */ smallBuffers();

/** Applies the kernel of softmax or logSoftmax to the rows of `x` along one or several axes. */
export function alongAxis(
  functionName: string,
  x: unknown,
  options: unknown,
  kernel: Kernels["softmax"],
): unknown {
  const { axis, temperature, whenEmpty, out } =
    readValidOptions(functionName, options) ?? parseOptions(functionName, options);
  const input = readInput(functionName, "x", x, buffers);
  const { data, shape } = input;
  const { layout, permutation } = rowsAlong(functionName, axis, shape);
  const output = openResult(functionName, out, input, [data]);
  const empty = whenEmpty === "zero" ? 0 : Number.NaN;
  // Without elements there may still be two billion rows to visit.
  if (data.length === 0) return output.finish();
  if (permutation === undefined) kernel(data, output.data, layout, temperature, empty);
  else {
    const rows = permute(data, shape, permutation);
    kernel(rows, rows, layout, temperature, empty);
    unpermute(rows, output.data, shape, permutation);
  }
  const result = output.finish();
  releaseInput(input);
  return result;
}

const names: readonly string[] = ["axis", "temperature", "whenEmpty", "out"];

/** Reads options in a third of the parser's time; returns undefined unless all are known and valid. */
function readValidOptions(functionName: string, options: unknown): ParsedOptions | undefined {
  if (!isPlainObject(options)) return undefined;
  let axis: Axes = -1;
  let temperature = 1;
  let whenEmpty: ParsedOptions["whenEmpty"] = "nan";
  let out: unknown;
  for (const name of Object.keys(options)) {
    const value = readOption(functionName, options, name);
    if (value === undefined && names.includes(name)) continue;
    if (name === "axis") {
      const axes = readAxes(value);
      if (axes === undefined) return undefined;
      axis = axes;
    } else if (name === "temperature" && typeof value === "number" && isTemperature(value)) {
      temperature = value;
    } else if (name === "whenEmpty" && (value === "nan" || value === "zero")) whenEmpty = value;
    else if (name === "out") out = value;
    else return undefined;
  }
  return { axis, temperature, whenEmpty, out };
}
