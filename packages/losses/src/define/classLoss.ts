import {
  type BitwiseOr,
  type FloatView,
  holdsIntegers,
  type Input,
  type KernelArray,
  type Kernels,
  layoutOf,
  type NumberView,
  type RowData,
  readFloats,
  readFloatsOrIntegers,
  readNumbers,
  readSampleWeight,
  readSmall,
  releaseClassIndices,
  releaseInput,
  resolveAxis,
  type SoftCrossEntropyKernel,
  type SoftcapCrossEntropyKernel,
  smallBuffers,
  withoutAxis,
} from "@surprisal/core/authoring";
import { balanceBatch } from "./balanceWeights.ts";
import { checkRowFunction } from "./checkReturned.ts";
import {
  type ClassBatch,
  meanDivisor,
  readWeight,
  releaseClassWeight,
  withClassWeight,
} from "./classBatch.ts";
import { evaluateFormula, evaluateWithoutClasses } from "./classFormula.ts";
import { classRowData, withClassWeights } from "./classRowData.ts";
import type { Loss, LossSpecificOptions, WithSchemas } from "./loss.ts";
import { type LossDefinition, makeLoss } from "./makeLoss.ts";
import { classSchemas, type ParsedClassOptions } from "./optionSchemas.ts";
import type { ClassLossOptions } from "./options.ts";
import type { DifferentiableInput, PreparedLoss } from "./preparedLoss.ts";
import { overlaps } from "./sharedMemory.ts";
import { type SingleRowGradient, type SingleRowLoss, trySingleRow } from "./singleRow.ts";
import { trySmallRow } from "./smallRow.ts";
import { type ClassTarget, checkTarget, isEmptyBatch, noIndices } from "./target.ts";
import { adviseInput } from "./targetAdvice.ts";
import { asksForTarget, type ClassLosses, evaluateTargetGradient } from "./targetGradient.ts";

/**
 * Returns the loss of one row: Σⱼ cⱼ · ℓⱼ(x), where ℓⱼ is the loss if class j were the target.
 *
 * The coefficients c combine the target, class weights and label smoothing. For a class index t
 * without weights or smoothing, cₜ is 1 and every other coefficient is 0. `gradient`, if given,
 * holds zeros and receives the derivative with respect to x. The function may overwrite all three
 * arrays. It is not called for a row whose coefficients are all 0.
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
  /** Whether a number is a row of one class. The default is false: the input must have a class axis. */
  readonly takesNumbers?: boolean;
  /** Returns the formula of one row, for these options and this number of classes. */
  formula(options: Specific, classes: number): ClassFormula;
  /**
   * Returns a kernel that replaces the formula for class indices without label smoothing, or
   * undefined if these options need the formula.
   */
  classIndexKernel?(options: Specific): ClassIndexKernel | undefined;
  /**
   * Returns a kernel that replaces the formula for all targets, where it computes the call, or
   * undefined if these options need the formula.
   */
  softTargetKernel?(options: Specific): SoftCrossEntropyKernel | undefined;
  /**
   * Returns the function that writes each ℓⱼ(x). With it, `valueAndGrad` has the gradient of class
   * probabilities, too, for a call that asks for it.
   */
  classLosses?(options: Specific): ClassLosses;
  /** Computes one short row faster than the kernel. */
  readonly singleRow?: SingleRowLoss;
  /** Computes the gradient of one short row faster than the kernel, and with the same bits. */
  readonly singleRowGradient?: SingleRowGradient;
  /** Returns the cap s of the logits: the formula gets s·tanh(x/s) for each logit x. */
  softcap?(options: Specific): number;
  /**
   * Returns a kernel that replaces `classIndexKernel` for capped logits, where it computes the call, or
   * undefined if these options need the formula.
   */
  softcapKernel?(options: Specific): SoftcapCrossEntropyKernel | undefined;
  /** Returns whether the loss has a part that is not proportional to the coefficients. The default is false. */
  hasPenalty?(options: Specific): boolean;
}

/**
 * Makes a loss over the classes of an axis, without checking its definition.
 *
 * The losses of this package use it, so that bundles do not contain the checks. A test checks their
 * definitions.
 *
 * @param bitwiseOr a faster bitwise or, for the check of class probabilities. It is in WebAssembly, which other bundles
 * need not contain.
 */
export function classLoss<Options extends ClassLossOptions = ClassLossOptions>(
  definition: WithSchemas<
    ClassLossDefinition<LossSpecificOptions<Options, ClassLossOptions>>,
    LossSpecificOptions<Options, ClassLossOptions>
  >,
  bitwiseOr?: BitwiseOr,
): Loss<[target: ClassTarget], Options> {
  const { singleRow } = definition;
  return makeLoss(
    definition,
    2,
    classSchemas,
    (functionName, args, common, specific) =>
      prepareClassLoss(functionName, definition, args, common, specific, bitwiseOr),
    {
      withoutOptions: singleRow && ((input, target) => trySingleRow(singleRow, input, target)),
      withOptions: (args, common, specific, hasGradient) =>
        trySmallRow(definition, args, common, specific, hasGradient),
    },
  ) as unknown as Loss<[target: ClassTarget], Options>;
}

function prepareClassLoss<Specific>(
  functionName: string,
  definition: ClassLossDefinition<Specific>,
  args: readonly unknown[],
  options: ParsedClassOptions,
  specific: Specific,
  bitwiseOr: BitwiseOr | undefined,
): PreparedLoss {
  const { tensor, input } = readInput(functionName, args, definition.takesNumbers === true);
  const meanOverWeights = definition.meanOver !== "rows";
  const asksTarget = definition.classLosses !== undefined && asksForTarget({ ...options });
  const readTarget = asksTarget ? readFloatsOrIntegers : readNumbers;
  const targetView = readTarget(`${functionName}: target`, args[1]);
  const softcap = definition.softcap?.(specific);
  const argument = { value: args[1], view: targetView, bitwiseOr };
  const read = readBatch(functionName, input, argument, options, softcap);
  // A penalty is multiplied by the weight of a row, but not by that of a class.
  const isProportional = definition.hasPenalty?.(specific) !== true;
  const balanced = () => balanceBatch(read, meanOverWeights && isProportional);
  const batch = withClassWeight(options.reduction === "mean" ? balanced() : read);
  const { layout, target, sampleWeight, zeroWhenEmpty } = batch;
  const inputs: DifferentiableInput[] = [{ name: "input", tensor }];
  if (asksTarget && target.kind === "probabilities" && "kind" in targetView) {
    inputs.push({ name: "target", tensor: targetView as FloatView });
  }

  return {
    inputs,
    differentiable: asksTarget ? ["input", "target"] : undefined,
    otherInputs: target.kind === "probabilities" ? [{ data: target.data, shape: input.shape }] : [],
    shape: batch.shape,
    sampleWeight,
    // The second gradient reads arguments that the first may have been written to.
    canThrow: definition.neverThrows !== true || inputs.length > 1,
    meanDivisor: meanDivisor(batch, meanOverWeights),
    emptyMean: zeroWhenEmpty ? 0 : Number.NaN,
    evaluate(storeLosses, loadGradScale, gradients) {
      // A kernel may check probabilities while it computes only where it writes nothing that an error would leave behind.
      const writes = gradients !== undefined || options.reduction === "none";
      const check = target.kind === "probabilities" ? target.check : undefined;
      if (writes || layout.size === 0) check?.();
      if (layout.size === 0) evaluateWithoutClasses(batch, options.reduction, storeLosses);
      else {
        const rows = classRowData(batch, storeLosses, loadGradScale);
        const checkLater = writes ? undefined : check;
        const out = gradients?.[0];
        // Kernels read probabilities after they have begun to write the gradient.
        const isTarget = target.kind === "probabilities" && overlaps(out, target.data);
        const gradient = isTarget ? out?.slice() : out;
        computeLosses(functionName, definition, specific, batch, rows, gradient, checkLater);
        if (isTarget && gradient !== undefined) out?.set(gradient);
        if (gradients?.[1] && loadGradScale) {
          const classLosses = definition.classLosses?.(specific);
          if (classLosses) evaluateTargetGradient(batch, classLosses, loadGradScale, gradients[1]);
        }
      }
      releaseInput(input);
      if (target.kind === "indices") releaseClassIndices(target);
      releaseClassWeight(batch);
    },
  };
}

/**
 * Computes the losses of all rows, and their gradients if `gradient` is given, in the fastest way that can.
 *
 * @param check checks the probabilities, if they have not been checked.
 */
function computeLosses<Specific>(
  functionName: string,
  definition: ClassLossDefinition<Specific>,
  specific: Specific,
  batch: ClassBatch,
  rows: RowData,
  gradient: KernelArray | undefined,
  check?: (bits?: number) => void,
): void {
  const { input, layout, target, weight, classWeight, labelSmoothing, softcap, skipMasked } = batch;
  if (target.kind === "indices" && labelSmoothing === 0) {
    const weightedRows = classWeight
      ? withClassWeights(classWeight, rows, gradient !== undefined)
      : rows;
    if (softcap < Number.POSITIVE_INFINITY) {
      const kernel = definition.softcapKernel?.(specific);
      const options = { cap: softcap, keepsMasked: skipMasked };
      if (kernel?.(input, layout, weightedRows, gradient, options)) return;
    } else {
      const kernel = definition.classIndexKernel?.(specific);
      if (kernel !== undefined) {
        kernel(input, layout, weightedRows, gradient);
        return;
      }
    }
  }
  const probabilities = target.kind === "probabilities" ? target.data : undefined;
  let bits: number | undefined;
  const receiveBits =
    check &&
    ((received: number) => {
      bits = received;
    });
  const targets = { probabilities, weight, labelSmoothing, zLoss: 0, receiveBits };
  const kernel = skipMasked ? undefined : definition.softTargetKernel?.(specific);
  const isComputed = kernel?.(input, layout, targets, rows, gradient);
  // An author's kernel need not give the bits.
  check?.(bits);
  if (isComputed) return;
  const formula = definition.formula(specific, layout.size);
  checkRowFunction(functionName, formula);
  const isProportional = definition.hasPenalty?.(specific) !== true;
  evaluateFormula(functionName, formula, batch, rows, gradient, isProportional);
}

const smallInputs = /* @__PURE__ */ smallBuffers();

/** Reads the logits, as they are and with a class axis. */
function readInput(
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

/** A target that has been read, and what checks it. */
interface ReadTarget {
  readonly value: unknown;
  readonly view: NumberView;
  readonly bitwiseOr: BitwiseOr | undefined;
}

/** Reads and checks the arguments and options that concern rows. */
function readBatch(
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
  const sampleWeight = readSampleWeight(functionName, options.sampleWeight, shape);
  const { ignoreIndex } = options;
  const context = { functionName, input, axis, ignoreIndex, sampleWeight, bitwiseOr };
  return {
    input: input.data,
    shape,
    layout,
    target: isEmpty ? noIndices : checkTarget(value, view, context),
    weight,
    sampleWeight,
    labelSmoothing: options.labelSmoothing,
    skipMasked: options.skipMasked,
    softcap,
    zeroWhenEmpty: options.whenEmpty === "zero",
  };
}
