import {
  type FloatView,
  formatShape,
  readFloats,
  readNumbers,
  sameShape,
  sumOf,
} from "@surprisal/core/authoring";
import { checkElementArguments, checkElementFormula } from "./checkDefinition.ts";
import { checkReturned } from "./checkReturned.ts";
import { type LossDefinition, makeLoss, type UntypedLoss } from "./makeLoss.ts";
import { lossSchemas, type ParsedLossOptions, reductionOf } from "./optionSchemas.ts";
import type { DifferentiableInput, PreparedLoss } from "./preparedLoss.ts";
import { broadcast, readSampleWeight } from "./sampleWeight.ts";

/** A function of one element of each argument, in the order of the arguments. */
export type ElementFunction = (...elements: number[]) => number;

/** The loss of one element and its derivatives. */
export interface ElementFormula {
  readonly loss: ElementFunction;
  /** ∂loss / ∂argument, by the argument's name. The first argument must have one. */
  readonly gradients: Readonly<Record<string, ElementFunction>>;
}

/** The definition of a loss that has one value per element. */
export interface ElementLossDefinition<Specific> extends LossDefinition<Specific> {
  readonly kind: "element";
  /** The arguments' names, up to four. The default is input and target. */
  readonly arguments?: readonly string[];
  /** Whether the loss has `reduction: "batchmean"`: the sum divided by the size of the first axis. */
  readonly batchMean?: boolean;
  /** Returns the formula for these options. */
  formula(options: Specific): ElementFormula;
}

const batchMeanSchemas = {
  ...lossSchemas,
  reduction: reductionOf("mean", "sum", "none", "batchmean"),
};

/** Makes a loss that has one value per element. */
export function elementLoss<Specific extends object>(
  definition: ElementLossDefinition<Specific>,
): UntypedLoss {
  const { name, arguments: argumentNames = ["input", "target"] } = definition;
  const schemas = definition.batchMean ? batchMeanSchemas : lossSchemas;

  checkElementArguments(name, argumentNames);

  return makeLoss(
    definition,
    argumentNames.length,
    schemas,
    (functionName, args, common, specific) => {
      const formula = definition.formula(specific);
      checkElementFormula(functionName, formula, argumentNames);
      return prepareElementLoss(functionName, argumentNames, formula, args, common);
    },
  );
}

function prepareElementLoss(
  functionName: string,
  argumentNames: readonly string[],
  formula: ElementFormula,
  args: readonly unknown[],
  options: ParsedLossOptions,
): PreparedLoss {
  const input = readFloats(`${functionName}: ${argumentNames[0]}`, args[0]);
  const { shape } = input;
  const inputs: DifferentiableInput[] = [{ name: argumentNames[0], tensor: input }];
  const elements = argumentNames.map((argument, i) => {
    if (i === 0) return input.data;
    if (!Object.hasOwn(formula.gradients, argument)) {
      return readBroadcast(`${functionName}: ${argument}`, args[i], shape);
    }
    const tensor = readSameShape(`${functionName}: ${argument}`, args[i], shape, argumentNames[0]);
    inputs.push({ name: argument, tensor });
    return tensor.data;
  });
  const count = input.data.length;
  const sampleWeight = readSampleWeight(functionName, options.sampleWeight, shape);
  const evaluateElements = (evaluate: ElementFunction, what: string) =>
    mapElements(evaluate, `${functionName}: ${what}`, elements, count, sampleWeight);

  return {
    inputs,
    shape,
    sampleWeight,
    meanDivisor: sampleWeight === undefined ? count : sumOf(sampleWeight),
    emptyMean: Number.NaN,
    evaluate(storeLosses, loadGradScale, gradients) {
      const losses = evaluateElements(formula.loss, "the loss");
      if (loadGradScale === undefined || gradients === undefined) {
        storeLosses(0, count, losses);
        return;
      }
      const gradScale = new Float64Array(count);
      loadGradScale(0, count, gradScale);
      // All gradients are computed before the first is stored, because an output may share memory
      // with an argument.
      const computed = inputs.map((argument) => {
        const { name } = argument;
        const derivatives = evaluateElements(formula.gradients[name], `gradients.${name}`);
        return derivatives.map((derivative, i) =>
          sampleWeight?.[i] === 0 ? 0 : derivative * gradScale[i],
        );
      });
      storeLosses(0, count, losses);
      computed.forEach((gradient, i) => {
        gradients[i].set(gradient);
      });
    },
  };
}

/** Returns the values of a function for each element of the arguments; 0 where the weight is 0. */
function mapElements(
  evaluate: ElementFunction,
  label: string,
  [a, b = a, c = a, d = a]: readonly ArrayLike<number>[],
  count: number,
  sampleWeight: Float64Array | undefined,
): Float64Array {
  const values = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    if (sampleWeight?.[i] === 0) continue;
    const value = evaluate(a[i], b[i], c[i], d[i]);
    if (typeof value !== "number") checkReturned(label, value);
    values[i] = value;
  }
  return values;
}

/** Reads a differentiated argument, which must have the shape of the first. */
function readSameShape(
  label: string,
  value: unknown,
  shape: readonly number[],
  firstName: string,
): FloatView {
  const tensor = readFloats(label, value);
  if (!sameShape(tensor.shape, shape)) {
    throw new RangeError(
      `${label} must have ${firstName}'s shape ${formatShape(shape)}, got ${formatShape(tensor.shape)}.`,
    );
  }
  return tensor;
}

/** Reads an argument that is not differentiated, and broadcasts it to `shape`. */
function readBroadcast(label: string, value: unknown, shape: readonly number[]): ArrayLike<number> {
  const numbers = readNumbers(label, value);
  if (sameShape(numbers.shape, shape)) return numbers.data;
  const newAxes = shape.length - numbers.shape.length;
  const isBroadcastable =
    newAxes >= 0 && numbers.shape.every((size, i) => size === 1 || size === shape[newAxes + i]);
  if (!isBroadcastable) {
    throw new RangeError(
      `${label} must have shape ${formatShape(shape)} or be broadcastable to it, got ${formatShape(numbers.shape)}.`,
    );
  }
  return broadcast(numbers, shape);
}
