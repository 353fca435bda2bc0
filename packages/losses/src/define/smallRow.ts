// For ten numbers, checking and preparing a call takes five times as long as its arithmetic. This path computes
// one short row whose arguments and options are plain; the regular path handles all others.
import {
  bufferPool,
  type Input,
  type KernelArray,
  openResult,
  type RowData,
  readSmall,
  releaseInput,
  smallBuffers,
  softcapRow,
} from "@surprisal/core/authoring";
import type { ClassIndexKernel, ClassLossDefinition } from "./classDefinition.ts";
import { applyOptions, scaleGradient } from "./classFormula.ts";
import type { ParsedClassOptions } from "./classSchemas.ts";
import { isContainer } from "./gradients.ts";
import type { SmallResult } from "./makeLoss.ts";
import type { ParsedGradientOptions } from "./optionSchemas.ts";

/** The options of a call of the loss or of its `valueAndGrad`. */
export type SmallOptions = ParsedClassOptions & Partial<ParsedGradientOptions>;

/** Weights and upstream gradients of this size, or 1 over it, are left to the regular path. */
const maxPlainFactor = 2 ** 10;

const inputs = /* @__PURE__ */ smallBuffers();

const createRow = (length: number) => new Float64Array(length);

const rowPool = /* @__PURE__ */ bufferPool(createRow);
const coefficientPool = /* @__PURE__ */ bufferPool(createRow);
const slopePool = /* @__PURE__ */ bufferPool(createRow);
const gradientPool = /* @__PURE__ */ bufferPool(createRow);

/** Computes a call if it concerns one short row and is plain; returns undefined for all others. */
export function trySmallRow<Specific>(
  definition: ClassLossDefinition<Specific>,
  args: readonly unknown[],
  options: SmallOptions,
  specific: Specific,
  hasGradient: boolean,
): SmallResult | undefined {
  if (definition.neverThrows !== true || !isPlain(options, hasGradient)) return undefined;
  const input = readSmall(args[0], inputs);
  if (input === undefined) return undefined;
  const result = isRow(input, options)
    ? computeRow(definition, input, args[1], options, specific, hasGradient)
    : undefined;
  releaseInput(input);
  return result;
}

/** Returns whether options need nothing but factors. */
function isPlain(options: SmallOptions, hasGradient: boolean): boolean {
  const { out, differentiate, gradOutput, sampleWeight } = options;
  return (
    (out === undefined || (hasGradient && isContainer(out))) &&
    differentiate === undefined &&
    (sampleWeight === undefined || isPlainFactor(sampleWeight)) &&
    (gradOutput === undefined || isPlainFactor(gradOutput))
  );
}

function isPlainFactor(factor: unknown): factor is number {
  return typeof factor === "number" && factor <= maxPlainFactor && factor >= 1 / maxPlainFactor;
}

/** Returns whether an input is one row along the class axis, and its losses are returned as a number. */
function isRow({ shape }: Input, { axis, reduction, sampleWeight }: SmallOptions): boolean {
  const classAxis = axis < 0 ? axis + shape.length : axis;
  if (classAxis !== shape.length - 1) return false;
  if (shape.length === 1) return true;
  // The weight of a batch has the batch's shape.
  return shape.length === 2 && shape[0] === 1 && reduction !== "none" && sampleWeight === undefined;
}

function computeRow<Specific>(
  definition: ClassLossDefinition<Specific>,
  input: Input,
  targetValue: unknown,
  options: SmallOptions,
  specific: Specific,
  hasGradient: boolean,
): SmallResult | undefined {
  const classes = input.data.length;
  const { weight, reduction, sampleWeight = 1, gradOutput = 1 } = options;
  if (weight !== undefined && !isWeights(weight, classes)) return undefined;
  const target = readTarget(targetValue, input, options.ignoreIndex);
  if (target === undefined) return undefined;
  const targetWeight =
    weight === undefined || typeof target !== "number" || definition.meanOver === "rows"
      ? 1
      : weight[target];
  if (!isPlainFactor(targetWeight)) return undefined;
  // The same products and quotients as on the regular path, so that the results have the same bits.
  const weightOfRow = sampleWeight as number;
  const divisor = reduction === "mean" ? targetWeight * weightOfRow : 1;
  const gradScale = ((gradOutput as number) / divisor) * weightOfRow;
  // The regular path scales coefficients where the factor is large.
  if (!isPlainFactor(Math.abs(gradScale))) return undefined;
  const output = hasGradient
    ? openResult(`${definition.name}.valueAndGrad`, options.out, input, [input.data])
    : undefined;
  const row = { data: input.data, options, specific, weight };
  const gradient = output && gradientPool.acquire(classes);
  const kernel = kernelFor(definition, options, specific);
  const value =
    typeof target === "number" && kernel !== undefined
      ? computeByKernel(kernel, definition, row, target, gradScale, gradient)
      : computeByFormula(definition, row, target, gradScale, gradient);
  // The regular path says what a row without a finite loss gives.
  const hasResult = Number.isFinite(value);
  if (output && gradient) {
    if (hasResult) for (let j = 0; j < classes; j++) output.data[j] = gradient[j];
    gradientPool.release(gradient);
  }
  return hasResult ? { value: (value * weightOfRow) / divisor, grad: output?.finish() } : undefined;
}

/** A row of logits, and the options of its call. */
interface Row<Specific> {
  readonly data: KernelArray;
  readonly options: SmallOptions;
  readonly specific: Specific;
  readonly weight: ArrayLike<number> | undefined;
}

/** Returns the kernel of the loss for class indices, if it has one for these options. */
function kernelFor<Specific>(
  definition: ClassLossDefinition<Specific>,
  { labelSmoothing }: SmallOptions,
  specific: Specific,
): ClassIndexKernel | undefined {
  const isCapped = (definition.softcap?.(specific) ?? Number.POSITIVE_INFINITY) < Infinity;
  if (labelSmoothing > 0 || isCapped) return undefined;
  return definition.classIndexKernel?.(specific);
}

/** Computes the loss of a class index, and its gradient times `gradScale`, by the kernels of the loss. */
function computeByKernel<Specific>(
  kernel: ClassIndexKernel,
  { singleRow, singleRowGradient }: ClassLossDefinition<Specific>,
  { data, weight }: Row<Specific>,
  target: number,
  gradScale: number,
  gradient: Float64Array | undefined,
): number {
  const weightOfClass = weight === undefined ? 1 : weight[target];
  // The value is the same to the bit with and without a gradient.
  let value = singleRow === undefined ? Number.NaN : singleRow(data, target);
  const scale = gradScale * weightOfClass;
  if (gradient !== undefined && singleRow !== undefined && singleRowGradient !== undefined) {
    singleRowGradient(data, target, scale, gradient);
  } else if (gradient !== undefined || singleRow === undefined) {
    const rows: RowData = {
      load(_, __, targets, gradScales) {
        targets[0] = target;
        gradScales[0] = scale;
      },
      store(_, __, values) {
        if (singleRow === undefined) value = values[0];
      },
    };
    kernel(data, { outer: 1, size: data.length, inner: 1 }, rows, gradient);
  }
  return value * weightOfClass;
}

/** Computes the loss, and its gradient times `gradScale`, by the formula of the loss. */
function computeByFormula<Specific>(
  definition: ClassLossDefinition<Specific>,
  { data, options, specific, weight }: Row<Specific>,
  target: number | ArrayLike<number>,
  gradScale: number,
  gradient: Float64Array | undefined,
): number {
  const { labelSmoothing, skipMasked } = options;
  const cap = definition.softcap?.(specific) ?? Number.POSITIVE_INFINITY;
  const classes = data.length;
  const x = rowPool.acquire(classes);
  const coefficients = coefficientPool.acquire(classes);
  // Loops, because `fill` and `set` take longer for a short row.
  for (let j = 0; j < classes; j++) x[j] = data[j];
  if (typeof target === "number") {
    for (let j = 0; j < classes; j++) coefficients[j] = j === target ? 1 : 0;
  } else for (let j = 0; j < classes; j++) coefficients[j] = target[j];
  let value = Number.NaN;
  const formula = definition.formula(specific, classes);
  // The regular path reports a formula that is no function.
  const isUsed = applyOptions({ weight, labelSmoothing, skipMasked }, x, coefficients);
  if (isUsed && typeof formula === "function") {
    const slopes = cap < Number.POSITIVE_INFINITY ? slopePool.acquire(classes) : undefined;
    if (slopes) softcapRow(x, cap, skipMasked, slopes);
    if (gradient) for (let j = 0; j < classes; j++) gradient[j] = 0;
    value = formula(x, coefficients, gradient);
    if (gradient) scaleGradient(gradient, gradScale, slopes);
    if (slopes) slopePool.release(slopes);
  }
  rowPool.release(x);
  coefficientPool.release(coefficients);
  return value;
}

/** Returns a class index, class probabilities, or undefined for everything else. */
function readTarget(
  value: unknown,
  { shape, data }: Input,
  ignoreIndex: number,
): number | ArrayLike<number> | undefined {
  if (shape.length === 1) {
    if (typeof value === "number") return classIndex(value, data.length, ignoreIndex);
    return isProbabilities(value, data.length) && ignoreIndex < 0 ? value : undefined;
  }
  const index = onlyInteger(value);
  return index === undefined ? undefined : classIndex(index, data.length, ignoreIndex);
}

/** Returns the number of a target for one row in a batch, in any of the usual containers. */
function onlyInteger(target: unknown): number | undefined {
  if (Array.isArray(target) || target instanceof Int32Array) {
    return target.length === 1 && typeof target[0] === "number" ? target[0] : undefined;
  }
  return target instanceof BigInt64Array && target.length === 1 ? Number(target[0]) : undefined;
}

function classIndex(index: number, classes: number, ignoreIndex: number): number | undefined {
  const isClass = index >= 0 && index < classes && Number.isInteger(index);
  return isClass && index !== ignoreIndex ? index : undefined;
}

function isProbabilities(value: unknown, classes: number): value is ArrayLike<number> {
  if (classes < 2 || !isShortArray(value, classes)) return false;
  for (let j = 0; j < classes; j++) if (!(value[j] >= 0 && value[j] <= 1)) return false;
  return true;
}

function isWeights(value: unknown, classes: number): value is ArrayLike<number> {
  if (!isShortArray(value, classes)) return false;
  for (let j = 0; j < classes; j++) if (value[j] !== 0 && !isPlainFactor(value[j])) return false;
  return true;
}

/** Returns whether a value is an array of this many numbers. */
function isShortArray(value: unknown, length: number): value is ArrayLike<number> {
  if (value instanceof Float32Array || value instanceof Float64Array)
    return value.length === length;
  if (!Array.isArray(value) || value.length !== length) return false;
  for (let j = 0; j < length; j++) if (typeof value[j] !== "number") return false;
  return true;
}
