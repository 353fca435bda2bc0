import { boolean, lossOptionNames, optionsParser, unknown } from "@surprisal/core/authoring";
import { runCall } from "../call.ts";
import type { Context } from "../context.ts";
import type { TensorRecord } from "../tensor.ts";
import { nameOfCall, openOutput, readEncoder } from "./arguments.ts";
import { makeCheck, prepareGradScale } from "./classLoss.ts";
import { classSchemas, type ParsedClassOptions } from "./crossEntropy.ts";
import { readDifferentiate } from "./differentiate.ts";
import { openGradients } from "./gradients.ts";
import { runBlocks } from "./linearBlocks.ts";
import { type LinearProblem, readGradOutput, readProblem } from "./linearProblem.ts";
import { reduceSums } from "./reduction.ts";
import { withoutLast } from "./tokens.ts";

/** Parsed options. */
export interface ParsedLinearOptions extends Omit<ParsedClassOptions, "axis"> {
  bias: unknown;
  shift: boolean;
  differentiate: unknown;
}

const { axis: _, ...common } = classSchemas;
const schemas = { ...common, bias: unknown<unknown>(), shift: boolean(false) };
const parse = /* @__PURE__ */ optionsParser(schemas, lossOptionNames);
const parseGradient = /* @__PURE__ */ optionsParser(
  {
    ...schemas,
    gradOutput: unknown<unknown>(),
    differentiate: unknown<unknown>(),
  },
  lossOptionNames,
);

/** The loss, and the gradients of the arguments by their names. */
export interface LinearResult {
  readonly value: TensorRecord;
  readonly grad?: TensorRecord;
  readonly grads?: Readonly<Record<string, TensorRecord>>;
}

/** Computes linearCrossEntropy, with its gradients if `withGradient`. */
export function linearCrossEntropyOf(
  context: Context,
  input: unknown,
  weight: unknown,
  target: unknown,
  options: unknown,
  withGradient: boolean,
): LinearResult {
  const functionName = nameOfCall("linearCrossEntropy", withGradient);
  const parsed: ParsedLinearOptions = withGradient
    ? parseGradient(functionName, options)
    : { ...parse(functionName, options), gradOutput: undefined, differentiate: undefined };
  const given = ["input", "weight", ...(parsed.bias === undefined ? [] : ["bias"])];
  const names = ["input", "weight", "bias"];
  const selected = withGradient
    ? readDifferentiate(functionName, names, given, parsed.differentiate)
    : [];
  return runCall(functionName, context, readEncoder(functionName, parsed.encoder), (call) => {
    const problem = readProblem(call, input, weight, target, parsed);
    const { loss } = problem;
    const { reduction, whenEmpty, layout } = loss;
    const upstream = withGradient ? readGradOutput(call, parsed, problem) : undefined;
    const check = loss.target.isUnchecked
      ? makeCheck(call, layout.classes, loss.target.name)
      : undefined;
    const isReduced = reduction !== "none";
    if (parsed.shift && !isReduced && !withGradient && parsed.out !== undefined) {
      throw new RangeError(
        `${functionName}: out cannot receive the losses of shifted positions, which are not adjacent. Leave it out.`,
      );
    }
    const value = openOutput(
      call,
      withGradient ? undefined : parsed.out,
      isReduced ? [] : layout.shape,
      { check },
    );
    const differentiated = selected.map((name) => ({ name, shape: shapeOf(problem, name) }));
    const grads = withGradient ? openGradients(call, names, differentiated, parsed.out, check) : {};
    const gradScale = upstream && prepareGradScale(call, loss, upstream, loss.parameters);
    const { sums, count } = runBlocks(call, problem, {
      losses: isReduced ? undefined : value.gpuBuffer,
      fault: check?.buffer ?? call.scratch(4),
      ...(gradScale && { gradScale }),
      hasUpstream: upstream !== undefined && "buffer" in upstream,
      gradients: grads,
    });
    if (isReduced) reduceSums(call, sums, count, value.gpuBuffer, reduction, 1, whenEmpty);
    return {
      value: parsed.shift && !isReduced ? withoutLast(value, call.failure) : value,
      ...(withGradient && { grad: grads.input, grads }),
    };
  });
}

function shapeOf({ hidden, weight }: LinearProblem, name: string): readonly number[] {
  if (name === "input") return hidden.shape;
  return name === "weight" ? weight.shape : weight.shape.slice(0, 1);
}
