import {
  type BlockPool,
  blockPool,
  blockSum,
  elementBlockLength,
  type FloatView,
  formatShape,
  type KernelArray,
  readFloats,
  readNumbers,
  readSampleWeight,
  sameShape,
  sumOf,
} from "@surprisal/core/authoring";
import { checkElementArguments, checkElementFormula } from "./checkDefinition.ts";
import { checkReturned } from "./checkReturned.ts";
import {
  arrayLoader,
  broadcastLoader,
  clearIgnored,
  type LoadBlock,
  scaleGradient,
  storeBlock,
} from "./elementBlocks.ts";
import { type LossDefinition, makeLoss, type UntypedLoss } from "./makeLoss.ts";
import { lossSchemas, type ParsedLossOptions, reductionOf } from "./optionSchemas.ts";
import type { DifferentiableInput, PreparedLoss } from "./preparedLoss.ts";

/** A function of one element of each argument, in the order of the arguments. */
export type ElementFunction = (...elements: number[]) => number;

/** The loss of one element and its derivatives. */
export interface ElementFormula {
  readonly loss: ElementFunction;
  /** ∂loss / ∂argument, by the argument's name. The first argument must have one. */
  readonly gradients: Readonly<Record<string, ElementFunction>>;
}

/** The results of a block: `count` losses, and their derivatives where they are asked for. */
export interface ElementBlock {
  /** The number of elements. Arrays may be longer; their further elements mean nothing. */
  readonly count: number;
  /** Receives the loss of each element. */
  readonly losses: KernelArray;
  /** Receive ∂loss / ∂argument, by the argument's name; undefined if no gradient is asked for. */
  readonly gradients: Readonly<Record<string, KernelArray>> | undefined;
}

/**
 * The losses of a block of elements, and their derivatives.
 *
 * All arrays are Float32Array if the loss's first argument holds float32 (or float16), else Float64Array.
 * They are copies: a formula may overwrite the arguments.
 */
export interface ElementBlockFormula {
  /** Computes a block, given one array per argument in the order of the arguments. */
  block(block: ElementBlock, ...elements: KernelArray[]): void;
}

/** The definition of a loss that has one value per element. */
export interface ElementLossDefinition<Specific> extends LossDefinition<Specific> {
  readonly kind: "element";
  /** The arguments' names, up to four. The default is input and target. */
  readonly arguments?: readonly string[];
  /**
   * The arguments that a block formula differentiates, the first among them. The default is the first
   * alone. A formula of single elements names them in `gradients`.
   */
  readonly differentiable?: readonly string[];
  /** Whether the loss has `reduction: "batchmean"`: the sum divided by the size of the first axis. */
  readonly batchMean?: boolean;
  /** Returns the formula for these options: of blocks, which is fast, or of single elements. */
  formula(options: Specific): ElementFormula | ElementBlockFormula;
}

const batchMeanSchemas = {
  ...lossSchemas,
  reduction: reductionOf("mean", "sum", "none", "batchmean"),
};

/** Makes a loss that has one value per element. */
export function elementLoss<Specific extends object>(
  definition: ElementLossDefinition<Specific>,
): UntypedLoss {
  const { arguments: argumentNames = ["input", "target"] } = definition;
  const schemas = definition.batchMean ? batchMeanSchemas : lossSchemas;

  checkElementArguments(definition, argumentNames);

  return makeLoss(
    definition,
    argumentNames.length,
    schemas,
    (functionName, args, common, specific) => {
      const formula = definition.formula(specific);
      checkElementFormula(functionName, formula, argumentNames);
      return prepareElementLoss(functionName, definition, argumentNames, formula, args, common);
    },
  );
}

function prepareElementLoss<Specific>(
  functionName: string,
  { differentiable, neverThrows }: ElementLossDefinition<Specific>,
  argumentNames: readonly string[],
  formula: ElementFormula | ElementBlockFormula,
  args: readonly unknown[],
  options: ParsedLossOptions,
): PreparedLoss {
  const isBlockwise = "block" in formula;
  const differentiated = isBlockwise
    ? (differentiable ?? [argumentNames[0]])
    : Object.keys(formula.gradients);
  const input = readFloats(`${functionName}: ${argumentNames[0]}`, args[0]);
  const { shape } = input;
  const inputs: DifferentiableInput[] = [{ name: argumentNames[0], tensor: input }];
  const otherInputs: ArrayLike<number>[] = [];
  const loaders = argumentNames.map((argument, i): LoadBlock => {
    const label = `${functionName}: ${argument}`;
    if (i === 0) return arrayLoader(input.data);
    if (differentiated.includes(argument)) {
      const tensor = readSameShape(label, args[i], shape, argumentNames[0]);
      inputs.push({ name: argument, tensor });
      return arrayLoader(tensor.data);
    }
    const numbers = readNumbers(label, args[i]);
    otherInputs.push(numbers.data);
    if (sameShape(numbers.shape, shape)) return arrayLoader(numbers.data);
    checkBroadcast(label, numbers.shape, shape);
    return broadcastLoader(numbers.data, numbers.shape, shape);
  });
  const count = input.data.length;
  // Single numbers are float64, which JavaScript computes in.
  const isFloat32 = isBlockwise && input.data instanceof Float32Array;
  const sampleWeight = readSampleWeight(functionName, options.sampleWeight, shape);

  return {
    inputs,
    otherInputs,
    shape,
    sampleWeight,
    canThrow: neverThrows !== true,
    meanDivisor: sampleWeight === undefined ? count : sumOf(sampleWeight),
    emptyMean: Number.NaN,
    startSum: isFloat32 ? blockSum : undefined,
    evaluate(storeLosses, loadGradScale, gradients) {
      const blockFormula = isBlockwise ? formula : blockFormulaOf(functionName, formula);
      const pool = blockPool(isFloat32 ? "float32" : "float64");
      const scalePool = blockPool("float64");
      const elements = acquireBlocks(pool, loaders.length);
      const derivatives = acquireBlocks(pool, gradients?.length ?? 0);
      const losses = pool.acquire(elementBlockLength);
      const gradScale = scalePool.acquire(elementBlockLength) as Float64Array;
      const block = {
        count: 0,
        losses,
        gradients: gradients && Object.fromEntries(inputs.map((x, i) => [x.name, derivatives[i]])),
      };
      try {
        for (let first = 0; first < count; first += elementBlockLength) {
          block.count = Math.min(elementBlockLength, count - first);
          loaders.forEach((load, i) => {
            load(first, block.count, elements[i]);
          });
          blockFormula.block(block, ...elements);
          if (sampleWeight !== undefined) {
            clearIgnored([losses, ...derivatives], sampleWeight, first, block.count);
          }
          // Everything is read before anything is written, because outputs may be arguments.
          if (loadGradScale?.constant === undefined) loadGradScale?.(first, block.count, gradScale);
          gradients?.forEach((gradient, i) => {
            if (loadGradScale !== undefined) {
              scaleGradient(derivatives[i], loadGradScale, block.count, gradScale);
            }
            storeBlock(derivatives[i], gradient, first, block.count);
          });
          storeLosses(first, block.count, losses);
        }
      } finally {
        for (const array of [...elements, ...derivatives, losses]) pool.release(array);
        scalePool.release(gradScale);
      }
    },
  };
}

function acquireBlocks(pool: BlockPool, count: number): KernelArray[] {
  return Array.from({ length: count }, () => pool.acquire(elementBlockLength));
}

/** Returns the block formula that calls a formula of single elements for each. */
function blockFormulaOf(functionName: string, formula: ElementFormula): ElementBlockFormula {
  return {
    block({ count, losses, gradients }, ...elements) {
      mapElements(formula.loss, `${functionName}: the loss`, elements, losses, count);
      for (const name in gradients) {
        const label = `${functionName}: gradients.${name}`;
        mapElements(formula.gradients[name], label, elements, gradients[name], count);
      }
    },
  };
}

/** Writes the values of a function for each element of the arguments. */
function mapElements(
  evaluate: ElementFunction,
  label: string,
  [a, b = a, c = a, d = a]: readonly KernelArray[],
  values: KernelArray,
  count: number,
): void {
  for (let i = 0; i < count; i++) {
    const value = evaluate(a[i], b[i], c[i], d[i]);
    if (typeof value !== "number") checkReturned(label, value);
    values[i] = value;
  }
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

/** Throws unless an argument of shape `ownShape` can be broadcast to `shape`. */
function checkBroadcast(
  label: string,
  ownShape: readonly number[],
  shape: readonly number[],
): void {
  const newAxes = shape.length - ownShape.length;
  const isBroadcastable =
    newAxes >= 0 && ownShape.every((size, i) => size === 1 || size === shape[newAxes + i]);
  if (!isBroadcastable) {
    throw new RangeError(
      `${label} must have shape ${formatShape(shape)} or be broadcastable to it, got ${formatShape(ownShape)}.`,
    );
  }
}
