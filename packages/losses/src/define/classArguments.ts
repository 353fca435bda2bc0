// Reads the arguments of a class loss, and the options that concern its rows.
import {
  type BitwiseOr,
  type FloatView,
  holdsIntegers,
  type Input,
  layoutOf,
  type NumberView,
  readFloats,
  readSmall,
  readWeights,
  resolveAxis,
  smallBuffers,
  weightsOf,
  withoutAxis,
} from "@surprisal/core/authoring";
import { type ClassBatch, readWeight } from "./classBatch.ts";
import type { ParsedClassOptions } from "./classSchemas.ts";
import { checkTarget, isEmptyBatch, noIndices } from "./target.ts";
import { adviseInput } from "./targetAdvice.ts";

const smallInputs = /* @__PURE__ */ smallBuffers();

/** Reads the logits, as they are and with a class axis. */
export function readInput(
  functionName: string,
  [input, target]: readonly unknown[],
  takesNumbers: boolean,
): { tensor: FloatView; input: Input } {
  const small = readSmall(input, smallInputs);
  if (small !== undefined && small.shape.length > 0) return { tensor: small, input: small };
  const label = `${functionName}: input`;
  let view: FloatView;
  try {
    view = readFloats(label, input);
  } catch (error) {
    const advice = holdsIntegers(input) ? adviseInput(input, target) : "";
    if (error instanceof Error) error.message += advice;
    throw error;
  }
  const isNumber = view.shape.length === 0;
  if (isNumber && !takesNumbers) {
    throw new RangeError(
      `${label} must have a class axis, got a number.${adviseInput(input, target)}`,
    );
  }
  const row = isNumber ? { ...view, shape: [1] } : view;
  return { tensor: view, input: { ...row, owner: undefined } };
}

/** A target that has been read, and the bitwise or that its check uses. */
interface ReadTarget {
  readonly value: unknown;
  readonly view: NumberView;
  readonly bitwiseOr: BitwiseOr | undefined;
}

/** Reads and checks the arguments and options that concern rows. */
export function readBatch(
  functionName: string,
  input: FloatView,
  { value, view, bitwiseOr }: ReadTarget,
  options: ParsedClassOptions,
  softcap = Number.POSITIVE_INFINITY,
): ClassBatch {
  const isEmpty = isEmptyBatch(input, view, options.axis);
  const axis = isEmpty ? 0 : resolveAxis(functionName, options.axis, input.shape);
  const shape = isEmpty ? input.shape : withoutAxis(input.shape, axis);
  const layout = isEmpty ? { outer: 0, size: 0, inner: 1 } : layoutOf(input.shape, axis);
  const weight = readWeight(functionName, options.weight, isEmpty ? undefined : layout.size);
  const weights = readWeights(functionName, options.sampleWeight, shape, weightsOf);
  const sampleWeight = weights?.values;
  const { ignoreIndex } = options;
  const context = { functionName, input, axis, ignoreIndex, sampleWeight, bitwiseOr };
  return {
    input: input.data,
    shape,
    layout,
    target: isEmpty ? noIndices : checkTarget(value, view, context),
    weight,
    sampleWeight,
    weights,
    labelSmoothing: options.labelSmoothing,
    skipMasked: options.skipMasked,
    softcap,
    zeroWhenEmpty: options.whenEmpty === "zero",
  };
}
