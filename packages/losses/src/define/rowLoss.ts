import {
  formatShape,
  type Layout,
  layoutOf,
  loadRow,
  type NumberView,
  type OptionSchemas,
  readFloats,
  readNumbers,
  resolveAxis,
  rowOffset,
  sameShape,
  storeRow,
  withoutAxis,
} from "@surprisal/core/authoring";
import { makeLoss, type UntypedLoss } from "./makeLoss.ts";
import { axisSchemas, type LossValues, lossSchemas } from "./options.ts";
import type { DifferentiableInput } from "./preparedLoss.ts";

/**
 * The loss of one row: of one vector per argument (of length 1 for an argument with one value per
 * row), in the order of the arguments.
 *
 * `gradients`, if given, has one array per differentiated argument, in their order, and receives
 * the derivatives. All arrays are the call's own: they may be overwritten.
 */
export type RowFormula = (
  vectors: readonly Float64Array[],
  gradients: readonly Float64Array[] | undefined,
) => number;

/** A loss of the vectors along an axis. */
export interface RowLossDefinition<Own> {
  readonly kind: "row";
  readonly name: string;
  /** The arguments in their order: whether each holds a vector or one value per row. The first holds vectors. */
  readonly arguments: Readonly<Record<string, "vector" | "value">>;
  /** The arguments that are differentiated; the first must be among them. */
  readonly differentiable: readonly string[];
  /** The readers of the loss's own options. */
  readonly options?: OptionSchemas<Own>;
  /** The mathematics of one row, for these options. */
  formula(options: Own): RowFormula;
}

interface RowValues extends LossValues {
  axis: number;
}

interface Argument {
  readonly data: ArrayLike<number>;
  readonly layout: Layout;
}

export function rowLoss<Own>(definition: RowLossDefinition<Own>): UntypedLoss {
  const { name, differentiable } = definition;
  const names = Object.keys(definition.arguments);
  const readers = { ...lossSchemas, ...axisSchemas, ...definition.options };

  return makeLoss<RowValues>(name, names.length, readers, (args, values) => {
    const row = definition.formula(values as unknown as Own);
    const inputs: DifferentiableInput[] = [];
    const read = (argument: string, value: unknown): NumberView => {
      const label = `${name}: ${argument}`;
      if (!differentiable.includes(argument)) return readNumbers(label, value);
      const view = readFloats(label, value);
      inputs.push({ name: argument, view });
      return view;
    };
    const numbers = names.map((argument, i) => read(argument, args[i]));
    const [{ shape: vectors }] = numbers;
    const axis = resolveAxis(name, values.axis, vectors);
    const shape = withoutAxis(vectors, axis);
    const layout = layoutOf(vectors, axis);
    const rows: Argument[] = numbers.map(({ data, shape: got }, i) => {
      const holdsVectors = definition.arguments[names[i]] === "vector";
      const expected = holdsVectors ? vectors : shape;
      if (!sameShape(got, expected)) {
        throw new RangeError(
          `${name}: ${names[i]} must have shape ${formatShape(expected)}, got ${formatShape(got)}.`,
        );
      }
      return { data, layout: holdsVectors ? layout : { ...layout, size: 1 } };
    });

    return {
      inputs,
      shape,
      divisor: layout.outer * layout.inner,
      emptyMean: Number.NaN,
      evaluate(storeLosses, loadGradScale, gradients) {
        const losses = new Float64Array(layout.outer * layout.inner);
        const gradScale = new Float64Array(losses.length);
        loadGradScale?.(0, gradScale.length, gradScale);
        const buffers = rows.map((argument) => new Float64Array(argument.layout.size));
        const slopes = inputs.map((input) => {
          const { layout: own } = rows[names.indexOf(input.name)];
          return { layout: own, row: new Float64Array(own.size) };
        });
        const slopeRows = gradients && slopes.map((slope) => slope.row);
        for (let r = 0; r < losses.length; r++) {
          rows.forEach((argument, i) => {
            loadRow(argument.data, rowOffset(r, argument.layout), layout.inner, buffers[i]);
          });
          losses[r] = row(buffers, slopeRows);
          if (gradients === undefined) continue;
          slopes.forEach((slope, i) => {
            for (let j = 0; j < slope.row.length; j++) slope.row[j] *= gradScale[r];
            storeRow(slope.row, gradients[i], rowOffset(r, slope.layout), layout.inner);
          });
        }
        storeLosses(0, losses.length, losses);
      },
    };
  });
}
