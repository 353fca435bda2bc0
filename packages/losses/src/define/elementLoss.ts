import type { FloatInput } from "@surprisal/core";
import {
  blockPool,
  blockSum,
  elementBlockLength,
  type KernelArray,
  type NumberView,
  type OptionSchema,
  type OptionSchemas,
  readSampleWeight,
  releaseSampleWeight,
  sizeOf,
  sumOf,
  unknown,
} from "@surprisal/core/authoring";
import { balanceSampleWeight } from "./balanceWeights.ts";
import { checkElementFormula } from "./checkReturned.ts";
import {
  checkValues,
  defaultArguments,
  elementLoader,
  readElementArguments,
  readElementOption,
  repeatsOf,
  type ValueCheck,
} from "./elementArguments.ts";
import { clearIgnored, scaleGradient } from "./elementBlocks.ts";
import {
  blockFormulaOf,
  type ElementBlockFormula,
  type ElementFormula,
  isBlockFormula,
} from "./elementFormula.ts";
import { type GradientSink, namedGradients, storingSink, summingSink } from "./gradientSink.ts";
import type { Loss, LossSpecificOptions } from "./loss.ts";
import { type LossDefinition, makeLoss } from "./makeLoss.ts";
import { lossSchemas, type ParsedLossOptions, reductionOf } from "./optionSchemas.ts";
import type { LossOptions } from "./options.ts";
import type { PreparedLoss } from "./preparedLoss.ts";
import { trySmallElements } from "./smallElements.ts";

/** The definition of a loss that has one value per element. */
export interface ElementLossDefinition<Specific, ArrayOption extends string = string>
  extends LossDefinition<Specific> {
  readonly kind: "element";
  /** The arguments' names, up to four. The default is input and target. */
  readonly arguments?: readonly string[];
  /**
   * The arguments that a block formula differentiates, the first among them. The default is the first
   * alone. A formula of single elements names them in `gradients`.
   */
  readonly differentiable?: readonly string[];
  /**
   * The options that hold numbers of the losses' shape, or of a shape that broadcasts to it, in any
   * container: weights, for example. They are not differentiated. The functions that `formula` returns get
   * them after the arguments.
   */
  readonly elementOptions?: readonly ArrayOption[];
  /** The option whose weights multiply the losses and divide their mean, as `sampleWeight` does. */
  readonly meanWeight?: "weight";
  /** The arguments that may lack the input's last axis. They then have one element for each vector along it. */
  readonly perVector?: readonly string[];
  /** Conditions that the elements of arguments must meet, by the argument's name. */
  readonly check?: Readonly<Record<string, ValueCheck>>;
  /** Whether the loss has `reduction: "batchmean"`: the sum divided by the size of the input's first axis. */
  readonly batchMean?: boolean;
  /** Returns the formula for these options: of blocks, which is fast, or of single elements. */
  formula(options: Specific): ElementFormula | ElementBlockFormula;
}

/**
 * Makes a loss that has one value per element, without checking its definition.
 *
 * The losses of this package use it, so that bundles do not contain the checks. A test checks their
 * definitions.
 */
export function elementLoss<
  Options extends object = LossOptions,
  Rest extends readonly unknown[] = [target: FloatInput],
  ArrayOption extends string = never,
  Differentiated extends string = never,
>(
  definition: ElementLossDefinition<
    LossSpecificOptions<Options, LossOptions & Record<ArrayOption, unknown>>,
    ArrayOption
  >,
): Loss<Rest, Options, "element", Differentiated> {
  const { arguments: names = defaultArguments, elementOptions = [] } = definition;
  const schemas: Record<string, OptionSchema<unknown>> = { ...lossSchemas };
  if (definition.batchMean) schemas.reduction = reductionOf("mean", "sum", "none", "batchmean");
  for (const option of elementOptions) schemas[option] = unknown<unknown>();
  if (definition.meanWeight !== undefined) schemas[definition.meanWeight] = unknown<unknown>();

  return makeLoss(
    definition,
    names.length,
    schemas as OptionSchemas<ParsedElementOptions>,
    (functionName, args, common, specific) => {
      const formula = definition.formula(specific);
      checkElementFormula(functionName, formula, names);
      return prepareElementLoss(functionName, definition, names, formula, args, common);
    },
    {
      withOptions: (args, common, specific, hasGradient) =>
        trySmallElements(definition, names, args, common, specific, hasGradient),
    },
  ) as unknown as Loss<Rest, Options, "element", Differentiated>;
}

/** The options of every element loss, and the unread `elementOptions`. */
type ParsedElementOptions = ParsedLossOptions & Readonly<Record<string, unknown>>;

function prepareElementLoss<Specific>(
  functionName: string,
  definition: ElementLossDefinition<Specific>,
  names: readonly string[],
  formula: ElementFormula | ElementBlockFormula,
  args: readonly unknown[],
  options: ParsedElementOptions,
): PreparedLoss {
  const { elementOptions = [], meanWeight, perVector = [], check = {} } = definition;
  const isBlockwise = isBlockFormula(formula);
  const differentiable = isBlockwise
    ? (definition.differentiable ?? [names[0]])
    : Object.keys(formula.gradients);
  const { shape, views, inputs } = readElementArguments(
    functionName,
    names,
    differentiable,
    args,
    perVector,
  );
  const optionViews = elementOptions.map((option) =>
    readElementOption(`${functionName}: ${option}`, options[option], shape),
  );
  const readWeights = (option: string) =>
    balanceSampleWeight(
      readSampleWeight(functionName, options[option], shape, option),
      options.reduction,
    );
  const weights = multiplyWeights(
    readWeights("sampleWeight"),
    meanWeight && readWeights(meanWeight),
  );
  const sampleWeight = balanceSampleWeight(weights, options.reduction);
  for (const name in check) {
    const view = views[names.indexOf(name)];
    checkValues(`${functionName}: ${name}`, check[name], view, shape, sampleWeight);
  }
  const count = sizeOf(shape);
  const allViews = [...views, ...optionViews];
  const loaders = allViews.map((view) => view && elementLoader(view, shape));
  // Single numbers are float64, which JavaScript computes in.
  const isFloat32 = isBlockwise && views[0].data instanceof Float32Array;

  return {
    inputs,
    differentiable,
    otherInputs: allViews.filter((view) => view !== undefined),
    shape,
    sampleWeight,
    canThrow: definition.neverThrows !== true,
    meanDivisor: sampleWeight === undefined ? count : sumOf(sampleWeight),
    emptyMean: Number.NaN,
    startSum: isFloat32 ? blockSum : undefined,
    evaluate(storeLosses, loadGradScale, gradients = []) {
      const blockFormula = isBlockwise ? formula : blockFormulaOf(functionName, formula);
      const pool = blockPool(isFloat32 ? "float32" : "float64");
      const scalePool = blockPool("float64");
      const elements = loaders.map((load) => load && pool.acquire(elementBlockLength));
      const sinks = gradients.map((gradient, i) =>
        openSink(gradient, views[names.indexOf(inputs[i].name)], shape),
      );
      const derivatives = sinks.map((sink) => sink && pool.acquire(elementBlockLength));
      const losses = pool.acquire(elementBlockLength);
      const gradScale = scalePool.acquire(elementBlockLength) as Float64Array;
      const results = [losses, ...derivatives.filter((array) => array !== undefined)];
      const block = {
        count: 0,
        losses,
        gradients: loadGradScale && namedGradients(inputs, derivatives),
      };
      try {
        for (let first = 0; first < count; first += elementBlockLength) {
          block.count = Math.min(elementBlockLength, count - first);
          for (let i = 0; i < loaders.length; i++) {
            loaders[i]?.(first, block.count, elements[i] as KernelArray);
          }
          if (definition.neverThrows !== true) {
            // Results that the formula leaves out must not be those of the block before.
            losses.fill(Number.NaN, 0, block.count);
            for (const derivative of derivatives) derivative?.fill(0, 0, block.count);
          }
          blockFormula.block(block, ...(elements as KernelArray[]));
          if (sampleWeight !== undefined) clearIgnored(results, sampleWeight, first, block.count);
          // Everything is read before anything is written, because outputs may be arguments.
          if (loadGradScale?.constant === undefined) loadGradScale?.(first, block.count, gradScale);
          for (let i = 0; i < sinks.length; i++) {
            const [derivative, sink] = [derivatives[i], sinks[i]];
            if (derivative === undefined || loadGradScale === undefined) continue;
            scaleGradient(derivative, loadGradScale, block.count, gradScale);
            sink?.add(derivative, first, block.count);
          }
          storeLosses(first, block.count, losses);
        }
        for (const sink of sinks) sink?.finish();
      } finally {
        for (const array of [...elements, ...results]) if (array !== undefined) pool.release(array);
        for (const sink of sinks) sink?.release();
        scalePool.release(gradScale);
      }
    },
  };
}

/** Multiplies weights of the losses, which are copies, by further ones. */
function multiplyWeights(
  weights: Float64Array | undefined,
  factors: Float64Array | undefined,
): Float64Array | undefined {
  if (weights === undefined || factors === undefined) return weights ?? factors;
  for (let i = 0; i < weights.length; i++) weights[i] *= factors[i];
  releaseSampleWeight(factors);
  return weights;
}

/** Returns the sink of an argument's gradient, or undefined if the gradient is not asked for. */
function openSink(
  gradient: KernelArray | undefined,
  view: NumberView,
  shape: readonly number[],
): GradientSink | undefined {
  if (gradient === undefined) return undefined;
  const runs = repeatsOf(view, shape);
  return runs === undefined ? storingSink(gradient) : summingSink(gradient, runs);
}
