import type { IntegerInput, NestedNumbers } from "@surprisal/core";
import {
  type FloatView,
  formatShape,
  type NumberView,
  sameShape,
  sizeOf,
  withoutAxis,
} from "@surprisal/core/authoring";
import { checkProbabilities } from "./probabilities.ts";
import { adviseIndex, adviseShape } from "./targetAdvice.ts";
import { holdsIntegers } from "./targetValues.ts";

/**
 * The target of a class loss: class indices or class probabilities.
 *
 * Class indices are whole numbers in any container, one per row: they have the input's shape without
 * its class axis. Class probabilities have the input's own shape.
 */
export type ClassTarget = IntegerInput | NestedNumbers;

/** A target that has been read and checked. */
export type Target = ClassIndices | ClassProbabilities;

interface ClassIndices {
  readonly kind: "indices";
  /**
   * The index of each row's class; −1 where the row is ignored. It is a copy: the caller's array may
   * change after the check, and kernels use these numbers as addresses.
   */
  readonly indices: Int32Array;
  readonly ignoredCount: number;
}

interface ClassProbabilities {
  readonly kind: "probabilities";
  /** The probabilities in the input's layout. */
  readonly data: ArrayLike<number>;
}

/** The class indices of an empty batch. */
export const noIndices: Target = /* @__PURE__ */ Object.freeze({
  kind: "indices",
  indices: /* @__PURE__ */ new Int32Array(0),
  ignoredCount: 0,
});

/** What a target must fit: the input and some options. */
export interface TargetContext {
  readonly functionName: string;
  readonly input: NumberView;
  /** The class axis of the input. */
  readonly axis: number;
  readonly ignoreIndex: number;
  /** The weight of each row. The target of a row of weight 0 is not checked. */
  readonly sampleWeight: Float64Array | undefined;
}

/** Checks class indices or class probabilities, whichever the target's shape fits. */
export function checkTarget(value: unknown, target: NumberView, context: TargetContext): Target {
  const { functionName, input, axis } = context;
  if (sameShape(target.shape, input.shape)) {
    checkProbabilities(context, target.data, holdsIntegers(value));
    return { kind: "probabilities", data: target.data };
  }
  const expected = withoutAxis(input.shape, axis);
  if (!sameShape(target.shape, expected)) {
    throw new RangeError(
      `${functionName}: target must have shape ${formatShape(expected)} (input ${formatShape(input.shape)} without class axis ${axis}), or ${formatShape(input.shape)} for class probabilities, got ${formatShape(target.shape)}.${adviseShape(target.shape, input.shape, axis)}`,
    );
  }
  return copyIndices(target.data, sizeOf(expected), context);
}

/** Copies class indices, each read once, and throws if one is not a class. */
function copyIndices(
  data: ArrayLike<number>,
  rows: number,
  { functionName, input, axis, ignoreIndex, sampleWeight }: TargetContext,
): ClassIndices {
  const classes = input.shape[axis];
  const indices = new Int32Array(rows);
  let ignoredCount = 0;
  for (let r = 0; r < rows; r++) {
    const target = data[r];
    if (target === ignoreIndex || (sampleWeight !== undefined && sampleWeight[r] === 0)) {
      indices[r] = -1;
      ignoredCount++;
    } else if (target >= 0 && target < classes && Number.isInteger(target)) indices[r] = target;
    else {
      const fault = Number.isInteger(target)
        ? `out of bounds for ${classes} classes.${adviseIndex(target)}`
        : "not a whole number.";
      throw new RangeError(`${functionName}: target ${target} at row ${r} is ${fault}`);
    }
  }
  return { kind: "indices", indices, ignoredCount };
}

/**
 * Returns whether both arguments are empty arrays without a class axis. Nested arrays and vectors
 * cannot say how many classes the rows of an empty batch have.
 */
export function isEmptyBatch(input: FloatView, target: NumberView): boolean {
  return (
    input.kind !== "tensor" && input.shape.at(-1) === 0 && sameShape(input.shape, target.shape)
  );
}
