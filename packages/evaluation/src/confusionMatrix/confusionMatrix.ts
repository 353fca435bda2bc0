import type { FloatInput, IntegerInput, Tensor } from "@surprisal/core";
import { argmax, optionsParser } from "@surprisal/core/authoring";
import { type EvaluationOptions, evaluationSchemas } from "../rows/options.ts";
import { forEachRow, readRows } from "../rows/readRows.ts";

const parseOptions = optionsParser(evaluationSchemas);

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
export function confusionMatrix(
  logits: FloatInput,
  labels: IntegerInput,
  options?: EvaluationOptions,
): Tensor<Float64Array> {
  const functionName = "confusionMatrix";
  const rows = readRows(functionName, logits, labels, parseOptions(functionName, options));
  const classes = rows.layout.size;
  const counts = new Float64Array(classes * classes);
  forEachRow(functionName, rows, (row, label, weight) => {
    counts[label * classes + argmax(row)] += weight;
  });
  return { data: counts, shape: [classes, classes] };
}
