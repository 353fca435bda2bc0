import {
  type Kernels,
  layoutOf,
  readFloats,
  resolveAxis,
  type SoftCrossEntropyKernel,
  withoutAxis,
} from "@surprisal/core/authoring";
import { type ClassBatch, meanDivisor, readWeight } from "./classBatch.ts";
import { evaluateFormula } from "./classFormula.ts";
import { classRowData, withClassWeights } from "./classRowData.ts";
import { type FastPath, type LossDefinition, makeLoss, type UntypedLoss } from "./makeLoss.ts";
import { classSchemas, type ParsedClassOptions } from "./optionSchemas.ts";
import type { PreparedLoss } from "./preparedLoss.ts";
import { type SingleRowLoss, trySingleRow } from "./singleRow.ts";
import { readTarget } from "./target.ts";

/**
 * Returns the loss of one row: Σⱼ cⱼ · ℓⱼ(x), where ℓⱼ is the loss if class j were the target.
 *
 * The coefficients c combine the target, class weights and label smoothing. For a class index t
 * without weights or smoothing, cₜ is 1 and every other coefficient is 0. `gradient`, if given,
 * receives the derivative with respect to x. The function may overwrite all three arrays.
 */
export type ClassFormula = (
  x: Float64Array,
  coefficients: Float64Array,
  gradient: Float64Array | undefined,
) => number;

/** Computes the losses of all rows, for class indices without label smoothing. */
export type ClassIndexKernel = Kernels["crossEntropy"];

/** The definition of a loss over the classes of an axis. */
export interface ClassLossDefinition<Specific> extends LossDefinition<Specific> {
  readonly kind: "class";
  /** The divisor of the mean: the weights of the targets (default), or the number of rows not ignored. */
  readonly meanOver?: "weights" | "rows";
  /** Returns the formula of one row, for these options and this number of classes. */
  formula(options: Specific, classes: number): ClassFormula;
  /** Returns a kernel that replaces the formula for class indices without label smoothing. */
  classIndexKernel?(options: Specific): ClassIndexKernel;
  /** Returns a kernel that replaces the formula, for all targets and options, where it computes the call. */
  softTargetKernel?(options: Specific): SoftCrossEntropyKernel;
  /** Computes one short row without options faster than the kernel. */
  readonly singleRow?: SingleRowLoss;
}

/** Makes a loss over the classes of an axis. */
export function classLoss<Specific extends object>(
  definition: ClassLossDefinition<Specific>,
): UntypedLoss {
  const { singleRow } = definition;
  const fastPath: FastPath | undefined =
    singleRow && ((input, target) => trySingleRow(singleRow, input, target));
  return makeLoss(
    definition,
    2,
    classSchemas,
    (args, common, specific) => prepareClassLoss(definition, args, common, specific),
    fastPath,
  );
}

function prepareClassLoss<Specific>(
  definition: ClassLossDefinition<Specific>,
  args: readonly unknown[],
  options: ParsedClassOptions,
  specific: Specific,
): PreparedLoss {
  const { name } = definition;
  const { ignoreIndex, labelSmoothing } = options;
  const input = readFloats(`${name}: input`, args[0]);
  const { shape, data } = input;
  if (shape.length === 0) {
    throw new RangeError(`${name}: input must have a class axis, got a number.`);
  }
  const axis = resolveAxis(name, options.axis, shape);
  const layout = layoutOf(shape, axis);
  const weight = readWeight(name, options.weight, layout.size);
  const target = readTarget(name, args[1], shape, axis, ignoreIndex);
  const zeroWhenEmpty = options.whenEmpty === "zero";
  const batch: ClassBatch = {
    input: data,
    layout,
    target,
    weight,
    ignoreIndex,
    labelSmoothing,
    zeroWhenEmpty,
  };

  return {
    inputs: [{ name: "input", tensor: input }],
    otherInputs: [target.data],
    shape: withoutAxis(shape, axis),
    meanDivisor: meanDivisor(batch, definition.meanOver === "rows" ? undefined : weight),
    emptyMean: zeroWhenEmpty ? 0 : Number.NaN,
    evaluate(storeLosses, loadGradScale, gradients) {
      const gradient = gradients?.[0];
      const rows = classRowData(batch, storeLosses, loadGradScale);
      const kernel =
        target.kind === "indices" && labelSmoothing === 0
          ? definition.classIndexKernel?.(specific)
          : undefined;
      if (kernel !== undefined) {
        kernel(data, layout, weight ? withClassWeights(batch, weight, rows) : rows, gradient);
        return;
      }
      const probabilities = target.kind === "probabilities" ? target.data : undefined;
      const targets = { probabilities, weight, labelSmoothing, zLoss: 0 };
      if (definition.softTargetKernel?.(specific)(data, layout, targets, rows, gradient)) return;
      evaluateFormula(definition.formula(specific, layout.size), batch, rows, gradient);
    },
  };
}
