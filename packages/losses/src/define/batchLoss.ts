import {
  type FloatView,
  type KernelArray,
  type NumberView,
  readFloats,
  readFloatsOrIntegers,
  readNumbers,
  readWeights,
  sizeOf,
  type Weights,
  weightsOf,
} from "@surprisal/core/authoring";
import { balanceSampleWeight } from "./balanceWeights.ts";
import {
  checkBatchEvaluation,
  checkBatchFormula,
  checkLossShape,
  checkOwnWeights,
} from "./checkReturned.ts";
import { clearIgnored } from "./elementBlocks.ts";
import { acquireFloat64, releaseFloat64 } from "./float64Pool.ts";
import type { BatchSpecificOptions, Loss, WithSchemas } from "./loss.ts";
import { type LossDefinition, makeLoss } from "./makeLoss.ts";
import { lossSchemas, type ParsedLossOptions } from "./optionSchemas.ts";
import type { DifferentiableInput, PreparedLoss } from "./preparedLoss.ts";
import { overlaps } from "./sharedMemory.ts";

/**
 * The arguments of a call, by name, in row-major order. An optional one that is not given is undefined. The arrays can be
 * the caller's own: a formula does not write to them.
 */
export type BatchArguments = Readonly<Record<string, NumberView>>;

/** One call of a batch loss, before anything is computed. */
export interface BatchCall {
  /** The function that is called, for errors: "ctcLoss.valueAndGrad". */
  readonly functionName: string;
  readonly arguments: BatchArguments;
  /**
   * The weight of each loss, if there are weights. A loss of weight 0 does not have to be computed. The array is valid
   * during the call only.
   */
  readonly sampleWeight: Float64Array | undefined;
}

/** The results of a call. */
export interface BatchResults {
  /** Receives each loss. It holds zeros. */
  readonly losses: Float64Array;
  /**
   * Receive the gradients by the argument's name: Σᵢ lossScale[i] · ∂lossᵢ/∂argument, every element of it.
   * They hold anything. Undefined if no gradient is asked for, or not this one.
   */
  readonly gradients: Readonly<Record<string, KernelArray | undefined>> | undefined;
  /** The factor of each loss in the gradients; it is 0 for a loss of weight 0. */
  readonly lossScale: Float64Array;
}

/** A call whose arguments have been checked. */
export interface BatchEvaluation {
  /** Divisors of the losses in `reduction: "mean"`, if there are any: the target lengths of ctcLoss. */
  readonly meanDivisors?: ArrayLike<number> | undefined;
  /** The divisor of the mean, if it is not the number or the weights of the losses: rows may be ignored. */
  readonly meanDivisor?: number | undefined;
  /** The mean where its divisor is 0. The default is NaN. */
  readonly emptyMean?: number | undefined;
  /** Computes the losses, and the gradients that are asked for. */
  evaluate(results: BatchResults): void;
}

/** The formula of a batch loss, for the options of one call. */
export interface BatchFormula {
  /** Checks the shapes of the arguments and returns the shape of the losses. */
  lossShape(call: Omit<BatchCall, "sampleWeight">): readonly number[];
  /**
   * Reads the weights of the losses, if `sampleWeight` does not have the losses' shape. An attention mask has a weight
   * for each token, and the first token has no loss.
   */
  readSampleWeight?(
    call: Omit<BatchCall, "sampleWeight">,
    value: unknown,
  ): Float64Array | undefined;
  /** Checks the values of the arguments. Nothing has been written yet. */
  prepare(call: BatchCall): BatchEvaluation;
}

/** The definition of a loss of whole tensors, whose arguments have shapes of their own. */
export interface BatchLossDefinition<Specific> extends LossDefinition<Specific> {
  readonly kind: "batch";
  /** The arguments' names, in their order. Results are in the first one's kind of container. */
  readonly arguments: readonly string[];
  /** The options that hold arrays. The formula gets them as further arguments. */
  readonly arrayOptions?: readonly string[];
  /** The arguments and array options that are differentiated. The first argument must be one of them. */
  readonly differentiable: readonly string[];
  /** Returns the formula for these options. */
  formula(options: Specific): BatchFormula;
}

/**
 * Makes a loss of whole tensors, without checking its definition.
 *
 * The losses of this package use it, so that bundles do not contain the checks. A test checks their
 * definitions.
 */
export function batchLoss<
  Options extends object,
  Rest extends readonly unknown[],
  Differentiated extends string = never,
>(
  definition: WithSchemas<
    BatchLossDefinition<BatchSpecificOptions<Options>>,
    BatchSpecificOptions<Options>
  >,
): Loss<Rest, Options, "batch", Differentiated> {
  return makeLoss(
    definition,
    definition.arguments.length,
    lossSchemas,
    (functionName, args, common, specific) => {
      const formula = definition.formula(specific);
      checkBatchFormula(functionName, formula);
      return prepareBatchLoss(functionName, definition, args, common, specific, formula);
    },
  ) as unknown as Loss<Rest, Options, "batch", Differentiated>;
}

function prepareBatchLoss<Specific extends object>(
  functionName: string,
  definition: BatchLossDefinition<Specific>,
  args: readonly unknown[],
  { reduction, sampleWeight: weights }: ParsedLossOptions,
  options: Specific,
  formula: BatchFormula,
): PreparedLoss {
  const { arguments: names, arrayOptions = [], differentiable, neverThrows } = definition;
  const inputs: DifferentiableInput[] = [];
  const tensors: Record<string, NumberView> = {};
  const readArgument = (name: string, value: unknown) => {
    const label = `${functionName}: ${name}`;
    if (!differentiable.includes(name)) tensors[name] = readNumbers(label, value);
    else {
      const view =
        name === names[0] ? readFloats(label, value) : readFloatsOrIntegers(label, value);
      tensors[name] = view;
      if ("kind" in view) inputs.push({ name, tensor: view as FloatView });
    }
  };
  names.forEach((name, i) => {
    readArgument(name, args[i]);
  });
  for (const name of arrayOptions) {
    const value = (options as Record<string, unknown>)[name];
    if (value !== undefined) readArgument(name, value);
  }

  const call = { functionName, arguments: tensors };
  const shape = formula.lossShape(call);
  checkLossShape(functionName, shape);
  const count = sizeOf(shape);
  const givenWeights = formula.readSampleWeight
    ? copyWeights(functionName, formula.readSampleWeight(call, weights), count)
    : readWeights(functionName, weights, shape, weightsOf);
  const balanced = balanceSampleWeight(givenWeights, reduction);
  const sampleWeight = balanced?.values;
  const evaluation = formula.prepare({ ...call, sampleWeight });
  checkBatchEvaluation(functionName, evaluation, count);
  const divisors = reduction === "mean" ? evaluation.meanDivisors : undefined;
  const arrays = Object.values(tensors).map(({ data }) => data);

  return {
    inputs,
    differentiable,
    otherInputs: Object.values(tensors),
    shape,
    sampleWeight,
    canThrow: neverThrows !== true,
    meanDivisor: evaluation.meanDivisor ?? balanced?.sum ?? count,
    emptyMean: evaluation.emptyMean ?? Number.NaN,
    evaluate(storeLosses, loadGradScale, gradients) {
      const [lossBuffer, scaleBuffer] = [acquireFloat64(count), acquireFloat64(count)];
      const losses = lossBuffer.subarray(0, count).fill(0);
      const lossScale = scaleBuffer.subarray(0, count).fill(0);
      loadGradScale?.(0, count, lossScale);
      if (divisors !== undefined) divide(lossScale, divisors);
      // The formula reads its arguments while it writes, so an output that is an argument is filled last.
      const targets = gradients?.map((out) =>
        out !== undefined && sharesMemory(out, arrays) ? out.slice() : out,
      );
      evaluation.evaluate({
        losses,
        lossScale,
        gradients: targets && Object.fromEntries(inputs.map(({ name }, i) => [name, targets[i]])),
      });
      if (divisors !== undefined) divide(losses, divisors);
      if (sampleWeight !== undefined) clearIgnored([losses], sampleWeight, 0, count);
      gradients?.forEach((out, i) => {
        const target = targets?.[i];
        if (target !== undefined && target !== out) out?.set(target);
      });
      storeLosses(0, count, losses);
      releaseFloat64(lossBuffer);
      releaseFloat64(scaleBuffer);
    },
  };
}

/** Copies the weights that a formula has read: the driver keeps their array for other calls. */
function copyWeights(
  functionName: string,
  weights: Float64Array | undefined,
  count: number,
): Weights | undefined {
  if (weights === undefined) return undefined;
  checkOwnWeights(functionName, weights, count);
  return weightsOf(weights.slice());
}

function divide(values: Float64Array, divisors: ArrayLike<number>): void {
  for (let i = 0; i < values.length; i++) values[i] /= divisors[i];
}

/** Returns whether an array overlaps one of the others. */
function sharesMemory(array: KernelArray, others: readonly ArrayLike<number>[]): boolean {
  return others.some((other) => overlaps(array, other));
}
