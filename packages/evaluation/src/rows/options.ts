import type { FloatInput, IntegerInput } from "@surprisal/core";
import {
  boolean,
  formatValue,
  integer,
  isPlainObject,
  type OptionSchema,
  type OptionSchemas,
  optionsParser,
  type SampleWeight,
  unknown,
} from "@surprisal/core/authoring";

/** Options of every function that evaluates a classifier. */
export interface EvaluationOptions {
  /**
   * Whether the rows are probabilities; if false, they are logits. Each row of probabilities is divided by its sum,
   * which may differ from 1 by 0.01 at most. Logits are better, because 1 − p of a confident prediction keeps its
   * digits.
   *
   * @defaultValue false
   */
  probabilities?: boolean | undefined;
  /**
   * The class axis; negative counts from the end.
   *
   * @defaultValue -1
   */
  axis?: number | undefined;
  /**
   * Rows with this label are ignored.
   *
   * @defaultValue -100
   */
  ignoreIndex?: number | undefined;
  /**
   * One weight of at least 0 per row, or a mask. A whole number counts as that many repetitions, and a row
   * of weight 0 is ignored. Choose weights near 1: below 1e-308, the product of a weight and a row's score loses
   * its digits.
   */
  sampleWeight?: SampleWeight | undefined;
}

/** The input of `addInput`: a batch, and the weights of its rows. */
export interface EvaluationInput {
  readonly logits: FloatInput;
  readonly labels: IntegerInput;
  /** One weight of at least 0 per row, or a mask. */
  readonly sampleWeight?: SampleWeight | undefined;
}

/** The parsed options of every function. */
export interface ParsedEvaluationOptions {
  probabilities: boolean;
  axis: number;
  ignoreIndex: number;
  sampleWeight: unknown;
}

export const evaluationSchemas: OptionSchemas<ParsedEvaluationOptions> = {
  probabilities: boolean(false),
  axis: integer(-1),
  ignoreIndex: integer(-100),
  sampleWeight: unknown<unknown>(),
};

const inputNames = ["logits", "labels", "sampleWeight"];

const parseInput = optionsParser<EvaluationInput>({
  logits: unknown() as OptionSchema<FloatInput>,
  labels: unknown() as OptionSchema<IntegerInput>,
  sampleWeight: unknown(),
});

/** Reads the input of an accumulator. `sampleWeight` belongs to a batch, so it is no option there. */
export function readInput(functionName: string, input: EvaluationInput): EvaluationInput {
  const expected = `${functionName}: input must be an object { logits, labels }`;
  if (!isPlainObject(input)) {
    throw new TypeError(`${expected}, got ${formatValue(input)}.`);
  }
  const names = Object.keys(input);
  const unknownName = names.find((name) => !inputNames.includes(name));
  if (unknownName !== undefined) {
    throw new TypeError(
      `${functionName}: unknown field ${formatValue(unknownName)} of input, expected ${inputNames.join(", ")}. Options are passed to accumulator().`,
    );
  }
  const parsed = parseInput(functionName, input);
  const missing = (["logits", "labels"] as const).find((name) => parsed[name] === undefined);
  if (missing !== undefined) {
    throw new TypeError(`${expected}, but ${missing} is missing.`);
  }
  return parsed;
}
