import type { FloatInput } from "@surprisal/core";
import {
  blockSum,
  type KernelArray,
  type OptionSchema,
  type OptionSchemas,
  readWeights,
  registeredBackend,
  sizeOf,
  unknown,
  weightsKernel,
} from "@surprisal/core/authoring";
import { balanceSampleWeight } from "./balanceWeights.ts";
import { computeOnThreads } from "./blockThreads.ts";
import type { RowContents } from "./broadcastTypes.ts";
import { checkRowFormula } from "./checkReturned.ts";
import { arrayLoader, runLoader } from "./elementBlocks.ts";
import { checkFloat32Vectors } from "./float32Range.ts";
import { scatteringSink, storingSink, summingSink } from "./gradientSink.ts";
import type { Loss, RowSpecificOptions, WithSchemas } from "./loss.ts";
import { type LossDefinition, makeLoss } from "./makeLoss.ts";
import { type ParsedRowOptions, rowSchemas } from "./optionSchemas.ts";
import type { LossOptions } from "./options.ts";
import { setOwnDefinition } from "./ownDefinitions.ts";
import type { PreparedLoss } from "./preparedLoss.ts";
import { type RowArgument, readRowArguments } from "./rowArguments.ts";
import {
  evaluateRows,
  type RowEvaluation,
  rowLoader,
  rowsPerBlockOf,
  sumRowBlocks,
  type VectorSink,
  type Vectors,
} from "./rowEvaluation.ts";
import { blockFormulaOf, type RowBlockFormula, type RowFormula } from "./rowFormula.ts";

/** The arguments of a call, which have been read and broadcast. */
export interface RowCall {
  /** The name for errors: "myLoss" or "myLoss.valueAndGrad". */
  readonly functionName: string;
  /** The shapes of the arguments, by their names. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  /** The batch axes of the arguments that hold vectors, broadcast. */
  readonly batchShape: readonly number[];
}

/** The definition of a loss of the vectors along an axis. */
export interface RowLossDefinition<
  Specific,
  ArrayOption extends string = string,
  P extends "row" | RowContents = RowContents,
> extends LossDefinition<Specific> {
  readonly kind: "row";
  /**
   * Whether each argument, in their order, holds vectors or one value per row. The first holds vectors. In TypeScript,
   * values need the type parameter `P`: `["vector", "value"]` for a second argument of vectors and a third of values.
   */
  readonly arguments: Readonly<
    Record<string, P extends RowContents ? "vector" | P[number] : "vector">
  >;
  /** The arguments that are differentiated. The first argument must be one of them. */
  readonly differentiable: readonly string[];
  /**
   * The options that hold one number per element of a vector, or of shapes that broadcast with the
   * vectors, in any container: weights, for example.
   * They are not differentiated. The functions that `formula` returns get them after the arguments.
   */
  readonly vectorOptions?: readonly ArrayOption[];
  /**
   * Returns the formula for these options: one for blocks of rows, which is fast, or one for single rows. It may throw
   * if the call's shapes do not fit.
   */
  formula(options: Specific, call: RowCall): RowFormula | RowBlockFormula;
}

/**
 * Makes a loss of the vectors along an axis, without checking its definition.
 *
 * The losses of this package use it, so that bundles do not contain the checks. A test checks their
 * definitions. Workers know them by their names.
 */
export function rowLoss<
  Options extends object = LossOptions,
  Rest extends readonly unknown[] = [target: FloatInput],
  ArrayOption extends string = never,
  Differentiated extends string = never,
  P extends "row" | RowContents = "row",
>(
  definition: WithSchemas<
    RowLossDefinition<RowSpecificOptions<Options, ArrayOption>, ArrayOption, P>,
    RowSpecificOptions<Options, ArrayOption>
  >,
): Loss<Rest, Options, P, Differentiated> {
  const loss = makeRowLoss<Options, Rest, ArrayOption, Differentiated, P>(definition, true);
  setOwnDefinition(loss, definition as RowLossDefinition<never>);
  return loss;
}

/**
 * Makes the same of any definition, without checking it.
 *
 * @param isOwn whether the loss is one of this package, which workers know by its name.
 */
export function makeRowLoss<
  Options extends object,
  Rest extends readonly unknown[],
  ArrayOption extends string,
  Differentiated extends string,
  P extends "row" | RowContents,
>(
  definition: RowLossDefinition<RowSpecificOptions<Options, ArrayOption>, ArrayOption, P>,
  isOwn: boolean,
): Loss<Rest, Options, P, Differentiated> {
  const argumentCount = Object.keys(definition.arguments).length;
  const schemas: Record<string, OptionSchema<unknown>> = { ...rowSchemas };
  for (const option of definition.vectorOptions ?? []) schemas[option] = unknown<unknown>();
  return makeLoss(
    definition,
    argumentCount,
    schemas as OptionSchemas<ParsedVectorOptions>,
    (functionName, args, common, specific) =>
      prepareRowLoss(functionName, definition, isOwn, args, common, specific),
  ) as unknown as Loss<Rest, Options, P, Differentiated>;
}

/** The options of every row loss, and the unread `vectorOptions`. */
type ParsedVectorOptions = ParsedRowOptions & Readonly<Record<string, unknown>>;

function prepareRowLoss<Specific extends object>(
  functionName: string,
  definition: RowLossDefinition<Specific>,
  isOwn: boolean,
  args: readonly unknown[],
  options: ParsedVectorOptions,
  specific: Specific,
): PreparedLoss {
  const { arguments: contents, differentiable, vectorOptions = [] } = definition;
  const { shape, batchShape, shapes, size, rowArguments, inputs, readOption } = readRowArguments(
    functionName,
    contents,
    differentiable,
    args,
    options.axis,
  );
  const formula = definition.formula(specific, { functionName, shapes, batchShape });
  checkRowFormula(functionName, formula);
  const optionArguments = vectorOptions.map((option) => readOption(option, options[option]));
  const given = readWeights(functionName, options.sampleWeight, shape, weightsKernel);
  const weights = balanceSampleWeight(given, options.reduction);
  const sampleWeight = weights?.values;
  const rowCount = sizeOf(shape);
  const differentiated = inputs.map(
    ({ name }) => rowArguments.find((argument) => argument.name === name) as RowArgument,
  );
  const isBlockwise = typeof formula === "object";
  const loaded = [...rowArguments, ...optionArguments];
  // A formula of one row is given float64, which JavaScript computes in.
  const isFloat32 = isBlockwise && rowArguments[0].view.data instanceof Float32Array;
  for (const argument of isFloat32 ? loaded : []) {
    if (argument === undefined) continue;
    const { name, view } = argument;
    const { load } = vectorsOf(argument);
    const label = `${functionName}: ${name}`;
    const [{ name: inputName }] = rowArguments;
    checkFloat32Vectors(label, inputName, view.data, argument.size, rowCount, sampleWeight, load);
  }

  return {
    inputs,
    differentiable,
    otherInputs: loaded.flatMap((argument) => argument?.view ?? []),
    shape,
    sampleWeight,
    canThrow: definition.neverThrows !== true,
    meanDivisor: weights?.sum ?? rowCount,
    emptyMean: Number.NaN,
    startSum: isFloat32 ? blockSum : undefined,
    evaluate(storeLosses, loadGradScale, gradients = []) {
      const { name, neverThrows } = definition;
      const evaluation: RowEvaluation = {
        formula: isBlockwise
          ? formula
          : blockFormulaOf(
              functionName,
              formula,
              loaded.map((argument) => argument?.size),
              rowArguments.filter((argument) => differentiable.includes(argument.name)),
            ),
        isFloat32,
        size,
        vectors: loaded.map((argument) => argument && vectorsOf(argument)),
        sinks: gradients.map((gradient, i) => sinkOf(gradient, differentiated[i])),
        loadGradScale,
        sampleWeight,
        storeLosses,
      };
      const rowsPerBlock = rowsPerBlockOf(size);
      try {
        const blocks =
          isOwn && neverThrows && registeredBackend()
            ? computeOnThreads({
                loss: { name, options: specific, size },
                length: rowCount * size,
                blockLength: rowsPerBlock * size,
                inputs: loaded.map(
                  (argument) => argument && { data: argument.view.data, axes: argument.runs?.axes },
                ),
                gradients: rowArguments.map(
                  (argument) => gradients[differentiated.indexOf(argument)],
                ),
                sampleWeight,
                loadGradScale,
                storeLosses,
                compute: (start, end, values) =>
                  sumRowBlocks(evaluation, start / size, end / size, values),
              })
            : 0;
        evaluateRows(evaluation, blocks * rowsPerBlock, rowCount);
        for (const { sink } of evaluation.sinks) sink?.finish();
      } finally {
        for (const { sink } of evaluation.sinks) sink?.release();
      }
    },
  };
}

/** Returns the rows of an argument. */
function vectorsOf({ view, size, runs }: RowArgument): Vectors {
  const load = runs === undefined ? arrayLoader(view.data) : runLoader(view.data, runs);
  return { size, load: rowLoader(load, size) };
}

/** Returns where the gradient of an argument goes. */
function sinkOf(
  gradient: KernelArray | undefined,
  { name, size, runs, isRepeated }: RowArgument,
): VectorSink {
  if (gradient === undefined) return { name, size, sink: undefined };
  if (runs === undefined) return { name, size, sink: storingSink(gradient) };
  const sink = isRepeated ? summingSink(gradient, runs) : scatteringSink(gradient, runs);
  return { name, size, sink };
}
