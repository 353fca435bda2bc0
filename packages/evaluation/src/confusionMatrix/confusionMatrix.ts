import type { FloatInput, IntegerInput, Tensor } from "@surprisal/core";
import {
  argmax,
  type ExactSummation,
  exactSummation,
  formatValue,
  lossOptionNames,
  numeric,
  openOutput,
  optionsParser,
  sumAccumulator,
} from "@surprisal/core/authoring";
import type { AccumulatorOptions, Metric } from "../rows/defineMetric.ts";
import {
  type EvaluationInput,
  type EvaluationOptions,
  evaluationSchemas,
  readInput,
} from "../rows/options.ts";
import { forEachRow, readRows } from "../rows/readRows.ts";

/** Options of `confusionMatrix.accumulator`. */
export interface ConfusionMatrixAccumulatorOptions extends AccumulatorOptions<EvaluationOptions> {
  /** The number of classes, which is not known from an input yet: at most 2048. */
  classes: number;
}

const { sampleWeight: _, ...accumulatorSchemas } = evaluationSchemas;
const parseOptions = optionsParser(evaluationSchemas, lossOptionNames);
/** A state has an exact sum for each pair of classes: for more classes it takes gigabytes. */
const maxClasses = 2048;

const parseAccumulatorOptions = optionsParser(
  {
    ...accumulatorSchemas,
    classes: numeric(
      0,
      `a whole number from 1 to ${maxClasses}`,
      (n) => Number.isSafeInteger(n) && n >= 1 && n <= maxClasses,
    ),
  },
  lossOptionNames,
);

/**
 * Counts how often each class was predicted for each true class.
 *
 * matrix[i][j] = the number (or weight) of rows of class i whose most probable class is j. The diagonal
 * holds the right predictions.
 *
 * @param logits logits of shape [C], [N, C] or […, C], or probabilities, in any container of floats.
 * @param labels class indices, of the shape of logits without its class axis.
 * @param options probabilities, axis, ignoreIndex, sampleWeight.
 * @returns a tensor of shape [C, C]: a row for each true class, a column for each predicted one.
 * @throws TypeError if an argument or option is of the wrong kind, or an option is unknown.
 * @throws RangeError if a shape does not fit, or a label is not a class.
 *
 * @example
 * ```ts
 * import { confusionMatrix } from "@surprisal/evaluation";
 *
 * const logits = [[2, 1, 0], [0, 2, 1], [0, 2, 1]];
 * confusionMatrix(logits, [0, 1, 2]).data; // [1, 0, 0, 0, 1, 0, 0, 1, 0]
 * ```
 *
 * Source: scikit-learn's `confusion_matrix`, with its axes.
 */
export const confusionMatrix: Metric<
  EvaluationOptions,
  Tensor<Float64Array>,
  ConfusionMatrixAccumulatorOptions
> = /* @__PURE__ */ Object.assign(countBatch, { accumulator });

function countBatch(
  logits: FloatInput,
  labels: IntegerInput,
  options?: EvaluationOptions,
): Tensor<Float64Array> {
  const functionName = "confusionMatrix";
  const rows = readRows(functionName, logits, labels, parseOptions(functionName, options));
  const classes = rows.layout.size;
  const spec = { kind: "tensor", elementType: "float64" } as const;
  const counts = openOutput(functionName, undefined, [classes, classes], spec, []);
  const sums = new Map<number, ExactSummation>();
  forEachRow(functionName, rows, (row, label, weight) => {
    const cell = label * classes + argmax(row);
    const sum = sums.get(cell) ?? exactSummation();
    sum.add(weight);
    sums.set(cell, sum);
  });
  for (const [cell, sum] of sums) counts.data[cell] = sum.value();
  return counts.finish() as Tensor<Float64Array>;
}

function accumulator(options?: ConfusionMatrixAccumulatorOptions) {
  const name = "confusionMatrix.accumulator";
  const { classes, ...parsed } = parseAccumulatorOptions(name, options);
  if (classes === 0) {
    throw new TypeError(
      `${name}: classes must be the number of classes, got ${formatValue(options?.classes)}.`,
    );
  }
  return sumAccumulator<EvaluationInput, Tensor<Float64Array>>({
    type: "confusionMatrix",
    version: 1,
    options: { classes },
    length: classes * classes,
    add(functionName, input, sumAt) {
      const { logits, labels, sampleWeight } = readInput(functionName, input);
      const rows = readRows(functionName, logits, labels, { ...parsed, sampleWeight });
      const { size } = rows.layout;
      if (rows.labels.length > 0 && size !== classes) {
        throw new RangeError(`${functionName}: logits must have ${classes} classes, got ${size}.`);
      }
      forEachRow(functionName, rows, (row, label, weight) => {
        sumAt(label * classes + argmax(row)).add(weight);
      });
    },
    result: (sums) => ({ data: Float64Array.from(sums), shape: [classes, classes] }),
  });
}

Object.defineProperty(countBatch, "name", { value: "confusionMatrix" });
