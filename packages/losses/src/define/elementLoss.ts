import {
  forEachOffset,
  formatShape,
  type OptionSchemas,
  readFloats,
  readNumbers,
  rowMajorStrides,
  sameShape,
  sizeOf,
} from "@surprisal/core/authoring";
import { makeLoss, type UntypedLoss } from "./makeLoss.ts";
import { batchMeanSchemas, type LossValues, lossSchemas } from "./options.ts";
import type { DifferentiableInput } from "./preparedLoss.ts";

/** A function of one element of each argument, in the order of the arguments. */
export type ElementFunction = (...elements: number[]) => number;

/** The mathematics of one element. */
export interface ElementFormula {
  readonly loss: ElementFunction;
  /** ∂loss / ∂argument, by the argument's name. The first argument must have one. */
  readonly gradients: Readonly<Record<string, ElementFunction>>;
}

/** A loss of each element alone. */
export interface ElementLossDefinition<Own> {
  readonly kind: "element";
  readonly name: string;
  /** The arguments' names: up to four, by default input and target. */
  readonly arguments?: readonly string[];
  /** The readers of the loss's own options. */
  readonly options?: OptionSchemas<Own>;
  /** Whether `reduction: "batchmean"` (the sum over the size of the first axis) is offered. */
  readonly batchMean?: boolean;
  /** The mathematics for these options. */
  formula(options: Own): ElementFormula;
}

export function elementLoss<Own>(definition: ElementLossDefinition<Own>): UntypedLoss {
  const { name, arguments: names = ["input", "target"] } = definition;
  const reductions = definition.batchMean ? batchMeanSchemas : lossSchemas;
  const readers = { ...reductions, ...definition.options };

  return makeLoss<LossValues>(name, names.length, readers, (args, values) => {
    const { loss, gradients: slopes } = definition.formula(values as unknown as Own);
    const view = readFloats(`${name}: ${names[0]}`, args[0]);
    const inputs: DifferentiableInput[] = [{ name: names[0], view }];
    const elements = names.map((argument, i) => {
      if (i === 0) return view.data;
      if (!Object.hasOwn(slopes, argument))
        return readBroadcast(name, argument, args[i], view.shape);
      const further = readFloats(`${name}: ${argument}`, args[i]);
      if (!sameShape(further.shape, view.shape)) {
        throw new RangeError(
          `${name}: ${argument} must have ${names[0]}'s shape ${formatShape(view.shape)}, got ${formatShape(further.shape)}.`,
        );
      }
      inputs.push({ name: argument, view: further });
      return further.data;
    });
    const count = view.data.length;

    return {
      inputs,
      shape: view.shape,
      divisor: count,
      emptyMean: Number.NaN,
      evaluate(storeLosses, loadGradScale, gradients) {
        storeLosses(0, count, map(loss, elements, new Float64Array(count)));
        if (loadGradScale === undefined || gradients === undefined) return;
        const gradScale = new Float64Array(count);
        loadGradScale(0, count, gradScale);
        // All are computed before any is stored: an output may lie in an argument's memory.
        const computed = inputs.map((input) => {
          const slope = map(slopes[input.name], elements, new Float64Array(count));
          return slope.map((value, i) => value * gradScale[i]);
        });
        computed.forEach((slope, i) => {
          gradients[i].set(slope);
        });
      },
    };
  });
}

function map(
  of: ElementFunction,
  [a, b = a, c = a, d = a]: readonly ArrayLike<number>[],
  out: Float64Array,
): Float64Array {
  for (let i = 0; i < out.length; i++) out[i] = of(a[i], b[i], c[i], d[i]);
  return out;
}

/** Reads an argument that is not differentiated, repeated along the axes where it has size 1 or none. */
function readBroadcast(
  where: string,
  argument: string,
  value: unknown,
  shape: readonly number[],
): ArrayLike<number> {
  const numbers = readNumbers(`${where}: ${argument}`, value);
  if (sameShape(numbers.shape, shape)) return numbers.data;
  const lead = shape.length - numbers.shape.length;
  const fits =
    lead >= 0 && numbers.shape.every((size, i) => size === 1 || size === shape[lead + i]);
  if (!fits) {
    throw new RangeError(
      `${where}: ${argument} must have shape ${formatShape(shape)} or repeat to it, got ${formatShape(numbers.shape)}.`,
    );
  }
  const own = rowMajorStrides(numbers.shape);
  const strides = shape.map((_, axis) => (numbers.shape[axis - lead] > 1 ? own[axis - lead] : 0));
  const repeated = new Float64Array(sizeOf(shape));
  forEachOffset(shape, strides, 0, (place, i) => {
    repeated[i] = numbers.data[place];
  });
  return repeated;
}
