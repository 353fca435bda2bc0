import type { FloatInput } from "@surprisal/core";
import {
  blockPool,
  blockSum,
  elementBlockLength,
  type KernelArray,
  type OptionSchema,
  type OptionSchemas,
  readSampleWeight,
  sizeOf,
  sumOf,
  unknown,
} from "@surprisal/core/authoring";
import { balanceSampleWeight } from "./balanceWeights.ts";
import { checkRowFormula } from "./checkReturned.ts";
import {
  arrayLoader,
  clearIgnored,
  type LoadBlock,
  runLoader,
  scaleGradient,
} from "./elementBlocks.ts";
import {
  type GradientSink,
  namedGradients,
  scatteringSink,
  storingSink,
  summingSink,
} from "./gradientSink.ts";
import type { Loss, LossSpecificOptions } from "./loss.ts";
import { type LossDefinition, makeLoss } from "./makeLoss.ts";
import { type ParsedRowOptions, rowSchemas } from "./optionSchemas.ts";
import type { LossOptions } from "./options.ts";
import type { PreparedLoss } from "./preparedLoss.ts";
import { type RowArgument, readRowArguments } from "./rowArguments.ts";
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
export interface RowLossDefinition<Specific, ArrayOption extends string = string>
  extends LossDefinition<Specific> {
  readonly kind: "row";
  /** Whether each argument, in their order, holds vectors or one value per row. The first holds vectors. */
  readonly arguments: Readonly<Record<string, "vector" | "value">>;
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
 * definitions.
 */
export function rowLoss<
  Options extends object = LossOptions,
  Rest extends readonly unknown[] = [target: FloatInput],
  ArrayOption extends string = never,
  Differentiated extends string = never,
>(
  definition: RowLossDefinition<
    LossSpecificOptions<
      Options,
      LossOptions & { axis?: number | undefined } & Record<ArrayOption, unknown>
    >,
    ArrayOption
  >,
): Loss<Rest, Options, "row", Differentiated> {
  const argumentCount = Object.keys(definition.arguments).length;
  const schemas: Record<string, OptionSchema<unknown>> = { ...rowSchemas };
  for (const option of definition.vectorOptions ?? []) schemas[option] = unknown<unknown>();
  return makeLoss(
    definition,
    argumentCount,
    schemas as OptionSchemas<ParsedVectorOptions>,
    (functionName, args, common, specific) =>
      prepareRowLoss(functionName, definition, args, common, specific),
  ) as unknown as Loss<Rest, Options, "row", Differentiated>;
}

/** The options of every row loss, and the unread `vectorOptions`. */
type ParsedVectorOptions = ParsedRowOptions & Readonly<Record<string, unknown>>;

function prepareRowLoss<Specific>(
  functionName: string,
  definition: RowLossDefinition<Specific>,
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
  const weights = readSampleWeight(functionName, options.sampleWeight, shape);
  const sampleWeight = balanceSampleWeight(weights, options.reduction);
  const rowCount = sizeOf(shape);
  const differentiated = inputs.map(
    ({ name }) => rowArguments.find((argument) => argument.name === name) as RowArgument,
  );
  const isBlockwise = typeof formula === "object";
  const loaded = [...rowArguments, ...optionArguments];
  // A formula of one row is given float64, which JavaScript computes in.
  const isFloat32 = isBlockwise && rowArguments[0].view.data instanceof Float32Array;

  return {
    inputs,
    differentiable,
    otherInputs: loaded.flatMap((argument) => argument?.view ?? []),
    shape,
    sampleWeight,
    canThrow: definition.neverThrows !== true,
    meanDivisor: sampleWeight === undefined ? rowCount : sumOf(sampleWeight),
    emptyMean: Number.NaN,
    startSum: isFloat32 ? blockSum : undefined,
    evaluate(storeLosses, loadGradScale, gradients = []) {
      const rowsPerBlock = Math.max(1, Math.floor(elementBlockLength / Math.max(1, size)));
      const blockFormula = isBlockwise
        ? formula
        : blockFormulaOf(
            functionName,
            formula,
            loaded.map((argument) => argument?.size),
            rowArguments.filter(({ name }) => differentiable.includes(name)),
          );
      const pool = blockPool(isFloat32 ? "float32" : "float64");
      const scalePool = blockPool("float64");
      const acquire = () => pool.acquire(rowsPerBlock * size);
      const vectors = loaded.map((argument) => argument && acquire());
      const loaders = loaded.map((argument) => argument && rowLoader(argument));
      const sinks = gradients.map((gradient, i) => openSink(gradient, differentiated[i]));
      const derivatives = sinks.map((sink) => sink && acquire());
      const losses = pool.acquire(rowsPerBlock);
      const gradScale = scalePool.acquire(rowsPerBlock) as Float64Array;
      const block = {
        firstRow: 0,
        rows: 0,
        size,
        losses,
        gradients:
          loadGradScale &&
          namedGradients(
            inputs.map(({ name }) => name),
            derivatives,
          ),
      };
      try {
        for (let first = 0; first < rowCount; first += rowsPerBlock) {
          block.firstRow = first;
          block.rows = Math.min(rowsPerBlock, rowCount - first);
          for (let i = 0; i < loaders.length; i++) {
            loaders[i]?.(first, block.rows, vectors[i] as KernelArray);
          }
          losses.fill(Number.NaN, 0, block.rows);
          for (const derivative of derivatives) derivative?.fill(0);
          const hasRows = coverIgnored(vectors, loaded, sampleWeight, first, block.rows);
          if (hasRows) blockFormula.block(block, ...(vectors as KernelArray[]));
          if (sampleWeight) clearIgnored([losses], sampleWeight, first, block.rows);
          // Everything is read before anything is written, because outputs may be arguments.
          if (loadGradScale?.constant === undefined) loadGradScale?.(first, block.rows, gradScale);
          for (let i = 0; i < sinks.length; i++) {
            const derivative = derivatives[i];
            if (derivative === undefined || loadGradScale === undefined) continue;
            const { size: length } = differentiated[i];
            if (sampleWeight) clearIgnored([derivative], sampleWeight, first, block.rows, length);
            scaleGradient(derivative, loadGradScale, block.rows, gradScale, length);
            sinks[i]?.add(derivative, first * length, block.rows * length);
          }
          storeLosses(first, block.rows, losses);
        }
        for (const sink of sinks) sink?.finish();
      } finally {
        for (const array of [...vectors, ...derivatives, losses]) if (array) pool.release(array);
        for (const sink of sinks) sink?.release();
        scalePool.release(gradScale);
      }
    },
  };
}

/**
 * Copies a row that counts over those of weight 0, which may hold anything: the formula need not look at weights.
 *
 * @returns whether a row counts.
 */
function coverIgnored(
  vectors: readonly (KernelArray | undefined)[],
  loaded: readonly (RowArgument | undefined)[],
  sampleWeight: Float64Array | undefined,
  first: number,
  rows: number,
): boolean {
  if (sampleWeight === undefined) return true;
  const weights = sampleWeight.subarray(first, first + rows);
  const counted = weights.findIndex((weight) => weight !== 0);
  if (counted === -1) return false;
  for (let r = 0; r < rows; r++) {
    if (weights[r] !== 0) continue;
    for (let i = 0; i < vectors.length; i++) {
      const size = loaded[i]?.size ?? 0;
      vectors[i]?.copyWithin(r * size, counted * size, (counted + 1) * size);
    }
  }
  return true;
}

/** Returns the loader of an argument's vectors. It counts rows. */
function rowLoader({ view, size, runs }: RowArgument): LoadBlock {
  const load = runs === undefined ? arrayLoader(view.data) : runLoader(view.data, runs);
  return (first, rows, block) => load(first * size, rows * size, block);
}

/** Returns the sink of an argument's gradient, or undefined if the gradient is not asked for. */
function openSink(
  gradient: KernelArray | undefined,
  { runs, isRepeated }: RowArgument,
): GradientSink | undefined {
  if (gradient === undefined) return undefined;
  if (runs === undefined) return storingSink(gradient);
  return isRepeated ? summingSink(gradient, runs) : scatteringSink(gradient, runs);
}
