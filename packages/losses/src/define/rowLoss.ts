import {
  blockPool,
  blockSum,
  elementBlockLength,
  formatShape,
  type KernelArray,
  type Layout,
  layoutOf,
  readFloats,
  readNumbers,
  readSampleWeight,
  resolveAxis,
  rowOffset,
  sameShape,
  sumOf,
  withoutAxis,
} from "@surprisal/core/authoring";
import { balanceSampleWeight } from "./balanceWeights.ts";
import { checkRowArguments } from "./checkDefinition.ts";
import { checkReturned, checkRowFormula } from "./checkReturned.ts";
import {
  arrayLoader,
  clearIgnored,
  type LoadBlock,
  scaleGradient,
  storeBlock,
} from "./elementBlocks.ts";
import { type LossDefinition, makeLoss, type UntypedLoss } from "./makeLoss.ts";
import { type ParsedRowOptions, rowSchemas } from "./optionSchemas.ts";
import type { DifferentiableInput, PreparedLoss } from "./preparedLoss.ts";

/**
 * Returns the loss of one row.
 *
 * `vectors` holds one vector per argument, in the order of the arguments; the vector of an argument
 * with one value per row has length 1. `gradients`, if given, has one array per differentiated
 * argument, in their order, which holds zeros and receives the derivatives. The function may overwrite all of them.
 */
export type RowFormula = (
  vectors: readonly Float64Array[],
  gradients: readonly Float64Array[] | undefined,
) => number;

/** The results of a block: the losses of its rows, and their derivatives where they are asked for. */
export interface RowBlock {
  /** The number of rows. Arrays may be longer; their further elements mean nothing. */
  readonly rows: number;
  /** The number of elements of a vector. */
  readonly size: number;
  /** Receives the loss of each row. */
  readonly losses: KernelArray;
  /** Receive ∂loss / ∂argument, by the argument's name; undefined if no gradient is asked for. */
  readonly gradients: Readonly<Record<string, KernelArray>> | undefined;
}

/**
 * The losses of a block of rows, and their derivatives.
 *
 * An array holds one vector after another, or one value per row. All arrays are Float32Array if the
 * loss's first argument holds float32 (or float16), else Float64Array. They are copies: a formula may
 * overwrite the arguments.
 */
export interface RowBlockFormula {
  /** Computes a block, given one array per argument in the order of the arguments. */
  block(block: RowBlock, ...vectors: KernelArray[]): void;
}

/** The definition of a loss of the vectors along an axis. */
export interface RowLossDefinition<Specific> extends LossDefinition<Specific> {
  readonly kind: "row";
  /** Whether each argument, in their order, holds vectors or one value per row. The first holds vectors. */
  readonly arguments: Readonly<Record<string, "vector" | "value">>;
  /** The arguments that are differentiated. The first argument must be one of them. */
  readonly differentiable: readonly string[];
  /** Returns the formula for these options: of blocks of rows, which is fast, or of one row. */
  formula(options: Specific): RowFormula | RowBlockFormula;
}

/** Makes a loss of the vectors along an axis. */
export function rowLoss<Specific extends object>(
  definition: RowLossDefinition<Specific>,
): UntypedLoss {
  checkRowArguments(definition.name, definition.arguments, definition.differentiable);
  const argumentCount = Object.keys(definition.arguments).length;
  return makeLoss(definition, argumentCount, rowSchemas, (functionName, args, common, specific) => {
    const formula = definition.formula(specific);
    checkRowFormula(functionName, formula);
    return prepareRowLoss(functionName, definition, args, common, formula);
  });
}

/** An argument that has been read. A row is one vector of it, or one value: a vector of length 1. */
interface RowArgument {
  readonly data: ArrayLike<number>;
  readonly layout: Layout;
}

function prepareRowLoss<Specific>(
  functionName: string,
  { arguments: contents, differentiable, neverThrows }: RowLossDefinition<Specific>,
  args: readonly unknown[],
  options: ParsedRowOptions,
  formula: RowFormula | RowBlockFormula,
): PreparedLoss {
  const argumentNames = Object.keys(contents);
  const inputs: DifferentiableInput[] = [];
  const tensors = argumentNames.map((argument, i) => {
    const label = `${functionName}: ${argument}`;
    if (!differentiable.includes(argument)) return readNumbers(label, args[i]);
    const tensor = readFloats(label, args[i]);
    inputs.push({ name: argument, tensor });
    return tensor;
  });
  const [{ shape: inputShape }] = tensors;
  const axis = resolveAxis(functionName, options.axis, inputShape);
  const shape = withoutAxis(inputShape, axis);
  const layout = layoutOf(inputShape, axis);
  const rowArguments = tensors.map((tensor, i): RowArgument => {
    const holdsVectors = contents[argumentNames[i]] === "vector";
    const expected = holdsVectors ? inputShape : shape;
    if (!sameShape(tensor.shape, expected)) {
      throw new RangeError(
        `${functionName}: ${argumentNames[i]} must have shape ${formatShape(expected)}, got ${formatShape(tensor.shape)}.`,
      );
    }
    return { data: tensor.data, layout: holdsVectors ? layout : { ...layout, size: 1 } };
  });
  const rowCount = layout.outer * layout.inner;
  const differentiatedNames = inputs.map((input) => input.name);
  const differentiated = differentiatedNames.map((argument) => argumentNames.indexOf(argument));
  const isBlockwise = typeof formula === "object";
  // A formula of one row is given float64, which JavaScript computes in.
  const isFloat32 = isBlockwise && tensors[0].data instanceof Float32Array;

  const weights = readSampleWeight(functionName, options.sampleWeight, shape);
  const sampleWeight = balanceSampleWeight(weights, options.reduction);

  return {
    inputs,
    otherInputs: tensors,
    shape,
    sampleWeight,
    canThrow: neverThrows !== true,
    meanDivisor: sampleWeight === undefined ? rowCount : sumOf(sampleWeight),
    emptyMean: Number.NaN,
    startSum: isFloat32 ? blockSum : undefined,
    evaluate(storeLosses, loadGradScale, gradients) {
      const { size } = layout;
      const rowsPerBlock = Math.max(1, Math.floor(elementBlockLength / Math.max(1, size)));
      const blockFormula = isBlockwise
        ? formula
        : blockFormulaOf(functionName, formula, rowArguments, differentiatedNames, differentiated);
      const pool = blockPool(isFloat32 ? "float32" : "float64");
      const scalePool = blockPool("float64");
      const acquire = () => pool.acquire(rowsPerBlock * size);
      const vectors = rowArguments.map(acquire);
      const derivatives = inputs.slice(0, gradients?.length ?? 0).map(acquire);
      const losses = pool.acquire(rowsPerBlock);
      const gradScale = scalePool.acquire(rowsPerBlock) as Float64Array;
      const loaders = rowArguments.map(rowLoader);
      const block = {
        rows: 0,
        size,
        losses,
        gradients: gradients && Object.fromEntries(inputs.map((x, i) => [x.name, derivatives[i]])),
      };
      try {
        for (let first = 0; first < rowCount; first += rowsPerBlock) {
          block.rows = Math.min(rowsPerBlock, rowCount - first);
          loaders.forEach((load, i) => {
            load(first, block.rows, vectors[i]);
          });
          for (const derivative of derivatives) derivative.fill(0);
          blockFormula.block(block, ...vectors);
          if (sampleWeight !== undefined) {
            clearIgnored([losses], sampleWeight, first, block.rows);
            derivatives.forEach((derivative, i) => {
              const { size: length } = rowArguments[differentiated[i]].layout;
              clearIgnored([derivative], sampleWeight, first, block.rows, length);
            });
          }
          // Everything is read before anything is written, because outputs may be arguments.
          if (loadGradScale?.constant === undefined) loadGradScale?.(first, block.rows, gradScale);
          gradients?.forEach((gradient, i) => {
            const own = rowArguments[differentiated[i]].layout;
            if (loadGradScale !== undefined) {
              scaleGradient(derivatives[i], loadGradScale, block.rows, gradScale, own.size);
            }
            if (gradient) storeRows(derivatives[i], gradient, own, first, block.rows);
          });
          storeLosses(first, block.rows, losses);
        }
      } finally {
        for (const array of [...vectors, ...derivatives, losses]) pool.release(array);
        scalePool.release(gradScale);
      }
    },
  };
}

/** Returns the block formula that calls a formula of one row for each. */
function blockFormulaOf(
  functionName: string,
  formula: RowFormula,
  rowArguments: readonly RowArgument[],
  names: readonly string[],
  differentiated: readonly number[],
): RowBlockFormula {
  const rowsOf = rowArguments.map(({ layout }) => new Float64Array(layout.size));
  const gradientRows = differentiated.map((i) => new Float64Array(rowsOf[i].length));
  return {
    block({ rows, losses, gradients }, ...vectors) {
      for (let r = 0; r < rows; r++) {
        rowsOf.forEach((row, i) => {
          copyElements(vectors[i], r * row.length, row, 0, row.length);
        });
        for (const row of gradientRows) row.fill(0);
        const value = formula(rowsOf, gradients && gradientRows);
        losses[r] = checkReturned(`${functionName}: the formula`, value);
        if (gradients === undefined) continue;
        gradientRows.forEach((row, i) => {
          copyElements(row, 0, gradients[names[i]], r * row.length, row.length);
        });
      }
    },
  };
}

function copyElements(
  from: KernelArray,
  fromIndex: number,
  to: KernelArray,
  toIndex: number,
  count: number,
): void {
  for (let j = 0; j < count; j++) to[toIndex + j] = from[fromIndex + j];
}

/** Returns the loader of rows. It packs rows whose elements are not adjacent. */
function rowLoader({ data, layout }: RowArgument): LoadBlock {
  const { size, inner } = layout;
  if (inner === 1 || size === 1) {
    const load = arrayLoader(data);
    return (first, rows, block) => load(first * size, rows * size, block);
  }
  return (first, rows, block) => {
    for (let r = 0, i = 0; r < rows; r++) {
      for (let j = 0, from = rowOffset(first + r, layout); j < size; j++, from += inner) {
        block[i++] = data[from];
      }
    }
  };
}

/** Copies packed rows to an array, starting with row `first`. */
function storeRows(
  block: KernelArray,
  out: KernelArray,
  layout: Layout,
  first: number,
  rows: number,
): void {
  const { size, inner } = layout;
  if (inner === 1 || size === 1) {
    storeBlock(block, out, first * size, rows * size);
    return;
  }
  for (let r = 0, i = 0; r < rows; r++) {
    for (let j = 0, to = rowOffset(first + r, layout); j < size; j++, to += inner) {
      out[to] = block[i++];
    }
  }
}
