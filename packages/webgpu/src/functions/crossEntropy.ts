import {
  boolean,
  integer,
  lossOptionNames,
  numeric,
  type OptionSchemas,
  optionsParser,
  picklist,
  unknown,
} from "@surprisal/core/authoring";
import { type Call, runCall } from "../call.ts";
import type { Context } from "../context.ts";
import { splitPair } from "../parameters.ts";
import type { TensorRecord } from "../tensor.ts";
import { nameOfCall, readEncoder, readInput, resolveClassAxis } from "./arguments.ts";
import { type ClassLossCall, runClassLoss } from "./classLoss.ts";
import { readClassWeight, readRowWeights, readTarget } from "./classTarget.ts";
import { openRows } from "./copies.ts";
import { noDifferentiate } from "./optionNames.ts";
import { readUpstream } from "./reduction.ts";

/** Parsed options of a loss over classes. */
export interface ParsedClassOptions {
  reduction: "mean" | "sum" | "none";
  axis: number;
  weight: unknown;
  sampleWeight: unknown;
  ignoreIndex: number;
  labelSmoothing: number;
  skipMasked: boolean;
  whenEmpty: "nan" | "zero";
  zLoss: number;
  softcap: number;
  out: unknown;
  encoder: unknown;
  gradOutput: unknown;
}

export const classSchemas: OptionSchemas<Omit<ParsedClassOptions, "gradOutput">> = {
  reduction: picklist("mean", "sum", "none"),
  axis: integer(-1),
  weight: { ...unknown<unknown>(), otherNames: /^classweight$/ },
  sampleWeight: unknown<unknown>(),
  ignoreIndex: integer(-100),
  labelSmoothing: numeric(0, "a number from 0 to 1", (e) => e >= 0 && e <= 1),
  skipMasked: boolean(false),
  whenEmpty: picklist("nan", "zero"),
  zLoss: numeric(0, "a finite number of at least 0", (z) => z >= 0 && z < Infinity),
  softcap: numeric(Infinity, "a number above 0", (s) => s > 0),
  out: unknown<unknown>(),
  encoder: unknown<unknown>(),
};

const parse = /* @__PURE__ */ optionsParser(classSchemas, lossOptionNames);
const parseGradient = /* @__PURE__ */ optionsParser(
  {
    ...classSchemas,
    gradOutput: unknown<unknown>(),
  },
  [noDifferentiate, ...lossOptionNames],
);

/** Computes crossEntropy, with its gradient if `withGradient`. */
export function crossEntropyOf(
  context: Context,
  logits: unknown,
  target: unknown,
  options: unknown,
  withGradient: boolean,
): { value: TensorRecord; grad: TensorRecord | undefined } {
  const functionName = nameOfCall("crossEntropy", withGradient);
  const parsed: ParsedClassOptions = withGradient
    ? parseGradient(functionName, options)
    : { ...parse(functionName, options), gradOutput: undefined };
  return runCall(functionName, context, readEncoder(functionName, parsed.encoder), (call) => {
    const loss = readLoss(call, readInput(call, "input", logits), target, parsed);
    const upstream = withGradient
      ? readUpstream(call, parsed.gradOutput, parsed.reduction, loss.shape)
      : undefined;
    return runClassLoss(call, loss, upstream, parsed.out);
  });
}

function readLoss(
  call: Call,
  given: TensorRecord,
  target: unknown,
  options: ParsedClassOptions,
): ClassLossCall {
  const { functionName } = call;
  const axis = resolveClassAxis(functionName, options.axis, given);
  const { input, layout } = openRows(call, given, axis);
  const sampleWeight = readRowWeights(call, options.sampleWeight, layout.shape);
  const { ignoreIndex } = options;
  return {
    ...options,
    input,
    layout,
    shape: layout.shape,
    sampleWeight,
    weight: readClassWeight(call, options.weight, layout.classes),
    target: readTarget(call, target, {
      input,
      layout,
      axis,
      ignoreIndex,
      skipMasked: options.skipMasked,
      sampleWeight,
      allowProbabilities: true,
    }),
    ...softcapOf(options.softcap),
  };
}

/** Returns how a kernel caps logits. */
export function softcapOf(softcap: number): Pick<ClassLossCall, "variant" | "parameters"> {
  // 1 / s would be subnormal, which a device may take for 0. Such a cap changes no logit below 10³⁴.
  if (softcap >= 2 ** 126) return { variant: {}, parameters: {} };
  // Caps that are even smaller make all logits equal, too.
  const cap = Math.max(softcap, 2 ** -126);
  const [scale, scaleLow] = splitPair(cap);
  const [inverse, inverseLow] = splitPair(1 / cap);
  return {
    variant: { transform: "softcap" },
    parameters: { scale, scaleLow, inverse, inverseLow },
  };
}
