import {
  forEachRowBlock,
  formatShape,
  type KernelArray,
  type Kernels,
  type Layout,
  layoutOf,
  loadRow,
  type OptionSchemas,
  type RowData,
  readFloats,
  readNumbers,
  resolveAxis,
  rowOffset,
  storeRow,
  withoutAxis,
} from "@surprisal/core/authoring";
import { makeLoss, type UntypedLoss } from "./makeLoss.ts";
import { type ClassValues, classSchemas, lossSchemas } from "./options.ts";
import type { LoadGradScale, PreparedLoss, StoreLosses } from "./preparedLoss.ts";
import { type SingleRowLoss, trySingleRow } from "./singleRow.ts";
import { readTarget, type Target } from "./target.ts";

/**
 * The loss of one row: Σⱼ cⱼ · ℓⱼ(x), where ℓⱼ is the loss if class j were the target.
 *
 * The coefficients c hold target, class weights and label smoothing: a plain target t has cₜ = 1
 * and no other. `gradient`, if given, receives the derivative with respect to x.
 * All three are the call's own: they may be overwritten.
 */
export type ClassFormula = (
  x: Float64Array,
  coefficients: Float64Array,
  gradient: Float64Array | undefined,
) => number;

/** Computes the losses of all rows at once, for plain class indices. */
export type ClassIndexKernel = Kernels["crossEntropy"];

/** A loss over the classes of an axis. */
export interface ClassLossDefinition<Own> {
  readonly kind: "class";
  readonly name: string;
  /** The readers of the loss's own options. */
  readonly options?: OptionSchemas<Own>;
  /** What the mean divides by: the weights of the targets (default), or the number of rows not ignored. */
  readonly meanOver?: "weights" | "rows";
  /** The mathematics of one row, for these options and this many classes. */
  formula(options: Own, classes: number): ClassFormula;
  /** A faster way for plain class indices without label smoothing, where there is one. */
  classIndexKernel?(options: Own): ClassIndexKernel;
  /** A faster way for one small row and default options, where there is one. */
  readonly singleRow?: SingleRowLoss;
}

export function classLoss<Own>(definition: ClassLossDefinition<Own>): UntypedLoss {
  const { name } = definition;
  const readers = { ...lossSchemas, ...classSchemas, ...definition.options };
  const inputLabel = `${name}: input`;

  const prepare = ([input, given]: readonly unknown[], values: ClassValues): PreparedLoss => {
    const view = readFloats(inputLabel, input);
    if (view.shape.length === 0) {
      throw new RangeError(`${name}: input must have a class axis, got a number.`);
    }
    const axis = resolveAxis(name, values.axis, view.shape);
    const layout = layoutOf(view.shape, axis);
    const weight = readWeight(name, values.weight, layout.size);
    const target = readTarget(name, given, view.shape, axis, values.ignoreIndex);
    const rows: ClassRows = {
      x: view.data,
      layout,
      target,
      weight,
      ignoreIndex: values.ignoreIndex,
      smoothing: values.labelSmoothing,
      dropsEmpty: values.whenEmpty === "zero",
    };
    const own = values as unknown as Own;

    return {
      inputs: [{ name: "input", view }],
      otherInputs: [target.data],
      shape: withoutAxis(view.shape, axis),
      divisor: divisorOf(rows, definition.meanOver === "rows" ? undefined : weight),
      emptyMean: rows.dropsEmpty ? 0 : Number.NaN,
      evaluate(storeLosses, loadGradScale, gradients) {
        const gradient = gradients?.[0];
        const perRow = rowDataOf(rows, storeLosses, loadGradScale);
        const plain = target.holds === "classes" && rows.smoothing === 0;
        if (plain && definition.classIndexKernel !== undefined) {
          const compute = definition.classIndexKernel(own);
          compute(
            rows.x,
            layout,
            weight === undefined ? perRow : withClassWeights(rows, perRow),
            gradient,
          );
        } else byCoefficients(definition.formula(own, layout.size), rows, perRow, gradient);
      },
    };
  };

  const { singleRow } = definition;
  const fastPath =
    singleRow && ((input: unknown, target: unknown) => trySingleRow(singleRow, input, target));
  return makeLoss<ClassValues>(name, 2, readers, prepare, fastPath);
}

interface ClassRows {
  readonly x: KernelArray;
  readonly layout: Layout;
  readonly target: Target;
  readonly weight: Float64Array | undefined;
  readonly ignoreIndex: number;
  readonly smoothing: number;
  /** Whether a row of nothing but −∞ contributes nothing; it still counts in the mean. */
  readonly dropsEmpty: boolean;
}

/** Hands out the class of each row (0 with probabilities), or −1 where it contributes nothing, and its scale. */
function rowDataOf(
  rows: ClassRows,
  storeLosses: StoreLosses,
  loadGradScale: LoadGradScale | undefined,
): RowData {
  const { target, ignoreIndex, dropsEmpty } = rows;
  return {
    load(first, count, targets, gradScale) {
      loadClasses(target, ignoreIndex, first, count, targets);
      if (dropsEmpty) {
        for (let i = 0; i < count; i++) if (isEmpty(rows, first + i)) targets[i] = -1;
      }
      loadGradScale?.(first, count, gradScale);
    },
    store: storeLosses,
  };
}

function loadClasses(
  { holds, data, ignored }: Target,
  ignoreIndex: number,
  first: number,
  count: number,
  targets: Int32Array,
): void {
  if (holds === "probabilities") targets.fill(0, 0, count);
  else if (ignored === 0 && data instanceof Int32Array) {
    targets.set(data.subarray(first, first + count));
  } else {
    for (let i = 0; i < count; i++) {
      const t = data[first + i];
      targets[i] = t === ignoreIndex ? -1 : t;
    }
  }
}

/** Weighs each row by its class; one of weight 0 contributes nothing, also where its loss is infinite. */
function withClassWeights(
  { target, weight = none, ignoreIndex }: ClassRows,
  rows: RowData,
): RowData {
  return {
    load(first, count, targets, gradScale) {
      rows.load(first, count, targets, gradScale);
      for (let i = 0; i < count; i++) {
        if (targets[i] < 0) continue;
        gradScale[i] *= weight[targets[i]];
        if (weight[targets[i]] === 0) targets[i] = -1;
      }
    },
    store(first, count, values) {
      for (let i = 0; i < count; i++) {
        const t = target.data[first + i];
        if (t !== ignoreIndex) values[i] *= weight[t];
      }
      rows.store(first, count, values);
    },
  };
}

const none = new Float64Array();

function byCoefficients(
  row: ClassFormula,
  rows: ClassRows,
  perRow: RowData,
  gradient: KernelArray | undefined,
): void {
  const { x: all, layout } = rows;
  const x = new Float64Array(layout.size);
  const coefficients = new Float64Array(layout.size);
  const slope = gradient && new Float64Array(layout.size);
  forEachRowBlock(
    layout.outer * layout.inner,
    perRow,
    (first, count, { targets, gradScale, values }) => {
      for (let i = 0; i < count; i++) {
        const start = rowOffset(first + i, layout);
        if (loadCoefficients(rows, targets[i], start, coefficients)) {
          loadRow(all, start, layout.inner, x);
          values[i] = row(x, coefficients, slope);
          if (slope) for (let j = 0; j < slope.length; j++) slope[j] *= gradScale[i];
        } else {
          values[i] = 0;
          slope?.fill(0);
        }
        if (slope && gradient) storeRow(slope, gradient, start, layout.inner);
      }
    },
  );
}

/**
 * Weight, smoothing and target of a row as one number per class: cⱼ = wⱼ · ((1 − ε) qⱼ + ε / C),
 * except that a class index weighs its own part by its own weight.
 *
 * @returns whether any is not 0: the row contributes something.
 */
function loadCoefficients(
  { layout, target, weight, smoothing }: ClassRows,
  t: number,
  start: number,
  coefficients: Float64Array,
): boolean {
  if (t < 0) return false;
  const even = smoothing / layout.size;
  if (target.holds === "classes") {
    coefficients.fill(even);
    coefficients[t] += 1 - smoothing;
  } else {
    loadRow(target.data, start, layout.inner, coefficients);
    if (smoothing > 0) {
      for (let j = 0; j < coefficients.length; j++) {
        coefficients[j] = (1 - smoothing) * coefficients[j] + even;
      }
    }
  }
  if (weight !== undefined) {
    for (let j = 0; j < coefficients.length; j++) coefficients[j] *= weight[j];
  }
  return coefficients.some((c) => c !== 0);
}

function readWeight(name: string, value: unknown, classes: number): Float64Array | undefined {
  if (value === undefined) return undefined;
  const { data, shape } = readNumbers(`${name}: weight`, value);
  if (shape.length !== 1 || shape[0] !== classes) {
    throw new RangeError(
      `${name}: weight must have shape ${formatShape([classes])}, one per class, got ${formatShape(shape)}.`,
    );
  }
  return Float64Array.from(data);
}

/** What the mean divides by: each row that is not ignored counts, by its target's weight. */
function divisorOf(
  { target, layout, ignoreIndex }: ClassRows,
  weight: Float64Array | undefined,
): number {
  const rows = layout.outer * layout.inner;
  if (target.holds === "probabilities" || weight === undefined) return rows - target.ignored;
  let divisor = 0;
  for (let r = 0; r < rows; r++) {
    if (target.data[r] !== ignoreIndex) divisor += weight[target.data[r]];
  }
  return divisor;
}

/** Whether a row holds nothing but −∞. */
function isEmpty({ x, layout }: ClassRows, row: number): boolean {
  const start = rowOffset(row, layout);
  let j = 0;
  while (j < layout.size && x[start + j * layout.inner] === Number.NEGATIVE_INFINITY) j++;
  return j === layout.size;
}
