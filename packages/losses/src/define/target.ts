import type { IntegerInput, NestedNumbers } from "@surprisal/core";
import {
  type BitwiseOr,
  type ClassIndices,
  checkProbabilities,
  checkProbabilitiesCall,
  copyClassIndices,
  type FloatView,
  formatShape,
  holdsIntegers,
  layoutOf,
  type NumberView,
  sameShape,
  sizeOf,
  withoutAxis,
} from "@surprisal/core/authoring";
import { adviseOneHotInput, indicesShapeError } from "./targetAdvice.ts";

/**
 * The target of a class loss: class indices or class probabilities.
 *
 * Class indices are whole numbers in any container, one per row: they have the input's shape without
 * its class axis. Class probabilities have the input's own shape.
 */
export type ClassTarget = IntegerInput | NestedNumbers;

/** A target that has been read and checked. */
export type Target = IndexTarget | ClassProbabilities;

interface IndexTarget extends ClassIndices {
  readonly kind: "indices";
}

interface ClassProbabilities {
  readonly kind: "probabilities";
  /** The probabilities in the input's layout. */
  readonly data: ArrayLike<number>;
  /**
   * Throws unless they are probabilities.
   *
   * @param bits the bitwise or of float32 probabilities, as integers of 32 bits, if it is known.
   */
  check(bits?: number): void;
}

/** The class indices of an empty batch. */
export const noIndices: Target = /* @__PURE__ */ Object.freeze({
  kind: "indices",
  indices: /* @__PURE__ */ new Int32Array(0),
  ignoredCount: 0,
  areIgnoredByWeight: true,
});

/** The context that a target must fit: the input and some options. */
export interface TargetContext {
  readonly functionName: string;
  readonly input: NumberView;
  /** The class axis of the input. */
  readonly axis: number;
  readonly ignoreIndex: number;
  /** The weight of each row. The target of a row of weight 0 is not checked. */
  readonly sampleWeight: Float64Array | undefined;
  /** A faster bitwise or, for the check of class probabilities. */
  readonly bitwiseOr?: BitwiseOr | undefined;
}

/**
 * Checks class indices or class probabilities, whichever the target's shape fits. Probabilities are left to the caller,
 * who may read them together with a kernel.
 */
export function checkTarget(value: unknown, target: NumberView, context: TargetContext): Target {
  const { functionName, input, axis } = context;
  if (sameShape(target.shape, input.shape)) {
    return {
      kind: "probabilities",
      data: target.data,
      check: softTargetCheck(target.data, holdsIntegers(value), context),
    };
  }
  const expected = withoutAxis(input.shape, axis);
  if (!sameShape(target.shape, expected)) {
    const others = `, or ${formatShape(input.shape)} for class probabilities`;
    throw indicesShapeError(`${functionName}: target`, target.shape, input.shape, axis, others);
  }
  const rows = sizeOf(expected);
  const classes = input.shape[axis];
  const label = `${functionName}: target`;
  return { kind: "indices", ...copyClassIndices(label, target.data, rows, classes, context) };
}

/** Returns the check of an array of the input's shape, which throws if it does not hold class probabilities. */
function softTargetCheck(
  data: ArrayLike<number>,
  areIntegers: boolean,
  { functionName, input, axis, ignoreIndex, sampleWeight, bitwiseOr }: TargetContext,
): (bits?: number) => void {
  const call = { functionName, shape: input.shape, axis, ignoreIndex };
  checkProbabilitiesCall(call);
  return (bits) =>
    checkProbabilities(data, areIntegers, call, {
      isCounted: sampleWeight && ((row) => sampleWeight[row] !== 0),
      advise: () => adviseOneHotInput(input.data, layoutOf(input.shape, axis)),
      bitwiseOr,
      bits,
    });
}

/**
 * Returns whether both arguments are empty arrays without a class axis. Nested arrays and vectors
 * cannot say how many classes the rows of an empty batch have.
 */
export function isEmptyBatch(input: FloatView, target: NumberView, axis: number): boolean {
  const { kind, shape } = input;
  const hasNoClasses = (shape.at(axis) ?? 0) === 0;
  return kind !== "tensor" && shape.at(-1) === 0 && hasNoClasses && sameShape(shape, target.shape);
}
