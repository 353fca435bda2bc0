import type { FloatInput } from "@surprisal/core";
import {
  blockSum,
  elementBlockLength,
  type KernelArray,
  type NumberView,
  type OptionSchema,
  type OptionSchemas,
  readWeights,
  registeredBackend,
  releaseSampleWeight,
  sizeOf,
  unknown,
  type Weights,
  weighKernel,
  weightsKernel,
} from "@surprisal/core/authoring";
import { balanceSampleWeight } from "./balanceWeights.ts";
import { computeOnThreads } from "./blockThreads.ts";
import { checkElementFormula } from "./checkReturned.ts";
import {
  checkValues,
  defaultArguments,
  elementLoader,
  readElementArguments,
  readElementOption,
  repeatsOf,
} from "./elementArguments.ts";
import type { ElementLossDefinition, OwnElementDefinition } from "./elementDefinition.ts";
import { evaluateElements, sumBlocks } from "./elementEvaluation.ts";
import {
  blockFormulaOf,
  type ElementBlockFormula,
  type ElementFormula,
  isBlockFormula,
} from "./elementFormula.ts";
import { exceedsFloat32, float32Check } from "./float32Range.ts";
import { type GradientSink, storingSink, summingSink } from "./gradientSink.ts";
import type { ElementSpecificOptions, Loss, WithSchemas } from "./loss.ts";
import { makeLoss } from "./makeLoss.ts";
import { lossSchemas, type ParsedLossOptions, reductionOf } from "./optionSchemas.ts";
import type { LossOptions } from "./options.ts";
import { setOwnDefinition } from "./ownDefinitions.ts";
import type { PreparedLoss } from "./preparedLoss.ts";
import { trySmallElements } from "./smallElements.ts";

/**
 * Makes a loss that has one value per element, without checking its definition.
 *
 * The losses of this package use it, so that bundles do not contain the checks. A test checks their
 * definitions. Workers know them by their names.
 */
export function elementLoss<
  Options extends object = LossOptions,
  Rest extends readonly unknown[] = [target: FloatInput],
  ArrayOption extends string = never,
  Differentiated extends string = never,
>(
  definition: WithSchemas<
    OwnElementDefinition<ElementSpecificOptions<Options, ArrayOption>, ArrayOption>,
    ElementSpecificOptions<Options, ArrayOption>
  >,
): Loss<Rest, Options, "element", Differentiated> {
  const loss = makeElementLoss<Options, Rest, ArrayOption, Differentiated>(definition, true);
  setOwnDefinition(loss, definition as ElementLossDefinition<never>);
  return loss;
}

/**
 * Makes the same of any definition, without checking it.
 *
 * @param isOwn whether the loss is one of this package, which workers know by its name.
 */
export function makeElementLoss<
  Options extends object,
  Rest extends readonly unknown[],
  ArrayOption extends string,
  Differentiated extends string,
>(
  definition: ElementLossDefinition<ElementSpecificOptions<Options, ArrayOption>, ArrayOption>,
  isOwn: boolean,
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
      checkElementFormula(functionName, formula, names, definition.differentiable);
      return prepareElementLoss(
        functionName,
        definition,
        isOwn,
        names,
        formula,
        specific,
        args,
        common,
      );
    },
    {
      withOptions: (args, common, specific, hasGradient) =>
        trySmallElements(definition, names, args, common, specific, hasGradient),
    },
  ) as unknown as Loss<Rest, Options, "element", Differentiated>;
}

/** The options of every element loss, and the unread `elementOptions`. */
type ParsedElementOptions = ParsedLossOptions & Readonly<Record<string, unknown>>;

function prepareElementLoss<Specific extends object>(
  functionName: string,
  definition: ElementLossDefinition<Specific>,
  isOwn: boolean,
  names: readonly string[],
  formula: ElementFormula | ElementBlockFormula,
  specific: Specific,
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
  const readBalanced = (option: string) =>
    balanceSampleWeight(
      readWeights(functionName, options[option], shape, weightsKernel, option),
      options.reduction,
    );
  const given = readBalanced("sampleWeight");
  const factors = meanWeight && readBalanced(meanWeight);
  const weights =
    given && factors
      ? balanceSampleWeight(multiplyWeights(given, factors), options.reduction)
      : (given ?? factors);
  const sampleWeight = weights?.values;
  for (const name in check) {
    const view = views[names.indexOf(name)];
    checkValues(`${functionName}: ${name}`, check[name], view, shape, sampleWeight);
  }
  const count = sizeOf(shape);
  const allViews = [...views, ...optionViews];
  const loaders = allViews.map((view) => view && elementLoader(view, shape));
  // Single numbers are float64, which JavaScript computes in.
  const isFloat32 = isBlockwise && views[0].data instanceof Float32Array;
  for (const [i, view] of allViews.entries()) {
    if (!isFloat32 || view === undefined || !exceedsFloat32(view)) continue;
    const label = `${functionName}: ${[...names, ...elementOptions][i]}`;
    checkValues(label, float32Check(names[0]), view, shape, sampleWeight);
  }

  return {
    inputs,
    differentiable,
    otherInputs: allViews.filter((view) => view !== undefined),
    shape,
    sampleWeight,
    canThrow: definition.neverThrows !== true,
    meanDivisor: weights?.sum ?? count,
    emptyMean: Number.NaN,
    weigh: weighKernel,
    startSum: isFloat32 ? blockSum : undefined,
    evaluate(storeLosses, loadGradScale, gradients = []) {
      const evaluation = {
        formula: isBlockwise ? formula : blockFormulaOf(functionName, formula),
        isFloat32,
        neverThrows: definition.neverThrows === true,
        loaders,
        gradientNames: inputs.map(({ name }) => name),
        sinks: gradients.map((gradient, i) =>
          openSink(gradient, views[names.indexOf(inputs[i].name)], shape),
        ),
        loadGradScale,
        sampleWeight,
        storeLosses,
      };
      const { name, neverThrows } = definition;
      try {
        const blocks =
          isOwn && neverThrows && registeredBackend()
            ? computeOnThreads({
                loss: { name, options: specific },
                length: count,
                blockLength: elementBlockLength,
                inputs: loaders.map((load) => load?.input),
                gradients: names.map(
                  (argument) => gradients[evaluation.gradientNames.indexOf(argument)],
                ),
                sampleWeight,
                loadGradScale,
                storeLosses,
                compute: (start, end, values) => sumBlocks(evaluation, start, end, values),
              })
            : 0;
        evaluateElements(evaluation, blocks * elementBlockLength, count);
        for (const sink of evaluation.sinks) sink?.finish();
      } finally {
        for (const sink of evaluation.sinks) sink?.release();
      }
    },
  };
}

/** Multiplies weights of the losses, which are copies, by further ones. */
function multiplyWeights({ values }: Weights, factors: Weights): Weights {
  for (let i = 0; i < values.length; i++) values[i] *= factors.values[i];
  releaseSampleWeight(factors.values);
  return weightsKernel(values);
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
