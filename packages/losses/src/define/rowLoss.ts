import {
  formatShape,
  type KernelArray,
  type Layout,
  layoutOf,
  loadRow,
  readFloats,
  readNumbers,
  resolveAxis,
  rowOffset,
  sameShape,
  storeRow,
  sumOf,
  withoutAxis,
} from "@surprisal/core/authoring";
import { checkRowArguments } from "./checkDefinition.ts";
import { checkReturned, checkRowFunction } from "./checkReturned.ts";
import { type LossDefinition, makeLoss, type UntypedLoss } from "./makeLoss.ts";
import { type ParsedRowOptions, rowSchemas } from "./optionSchemas.ts";
import type { DifferentiableInput, PreparedLoss } from "./preparedLoss.ts";
import { readSampleWeight } from "./sampleWeight.ts";

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

/** The definition of a loss of the vectors along an axis. */
export interface RowLossDefinition<Specific> extends LossDefinition<Specific> {
  readonly kind: "row";
  /** Whether each argument, in their order, holds vectors or one value per row. The first holds vectors. */
  readonly arguments: Readonly<Record<string, "vector" | "value">>;
  /** The arguments that are differentiated. The first argument must be one of them. */
  readonly differentiable: readonly string[];
  /** Returns the formula of one row, for these options. */
  formula(options: Specific): RowFormula;
}

/** Makes a loss of the vectors along an axis. */
export function rowLoss<Specific extends object>(
  definition: RowLossDefinition<Specific>,
): UntypedLoss {
  checkRowArguments(definition.name, definition.arguments, definition.differentiable);
  const argumentCount = Object.keys(definition.arguments).length;
  return makeLoss(definition, argumentCount, rowSchemas, (functionName, args, common, specific) => {
    const formula = definition.formula(specific);
    checkRowFunction(functionName, formula);
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
  { arguments: contents, differentiable }: RowLossDefinition<Specific>,
  args: readonly unknown[],
  options: ParsedRowOptions,
  formula: RowFormula,
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
  const differentiated = inputs.map((input) => rowArguments[argumentNames.indexOf(input.name)]);

  const sampleWeight = readSampleWeight(functionName, options.sampleWeight, shape);

  return {
    inputs,
    otherInputs: tensors.map(({ data }) => data),
    shape,
    sampleWeight,
    canThrow: true,
    meanDivisor: sampleWeight === undefined ? rowCount : sumOf(sampleWeight),
    emptyMean: Number.NaN,
    evaluate(storeLosses, loadGradScale, gradients) {
      const gradScale = new Float64Array(rowCount);
      loadGradScale?.(0, rowCount, gradScale);
      const outputs = gradients?.map((data, i): GradientOutput => {
        const { layout: ownLayout } = differentiated[i];
        return { data, layout: ownLayout, row: new Float64Array(ownLayout.size) };
      });
      const label = `${functionName}: the formula`;
      const losses = new Float64Array(rowCount);
      const vectors = rowArguments.map(({ layout: ownLayout }) => new Float64Array(ownLayout.size));
      const gradientRows = outputs?.map(({ row }) => row);
      for (let r = 0; r < rowCount; r++) {
        for (const row of gradientRows ?? []) row.fill(0);
        if (sampleWeight?.[r] !== 0) {
          rowArguments.forEach((argument, i) => {
            loadVector(argument, r, vectors[i]);
          });
          losses[r] = checkReturned(label, formula(vectors, gradientRows));
          for (const row of gradientRows ?? []) scaleRow(row, gradScale[r]);
        }
        for (const output of outputs ?? []) storeGradient(output, r);
      }
      storeLosses(0, rowCount, losses);
    },
  };
}

/** The gradient of one argument, and the row of it that the formula has just computed. */
interface GradientOutput {
  readonly data: KernelArray;
  readonly layout: Layout;
  readonly row: Float64Array;
}

function loadVector({ data, layout }: RowArgument, row: number, vector: Float64Array): void {
  loadRow(data, rowOffset(row, layout), layout.inner, vector);
}

function scaleRow(row: Float64Array, factor: number): void {
  for (let j = 0; j < row.length; j++) row[j] *= factor;
}

function storeGradient({ data, layout, row: gradient }: GradientOutput, row: number): void {
  storeRow(gradient, data, rowOffset(row, layout), layout.inner);
}
