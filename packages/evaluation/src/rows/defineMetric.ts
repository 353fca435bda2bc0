import type { FloatInput, IntegerInput } from "@surprisal/core";
import {
  type Accumulator,
  type AccumulatorState,
  type ExactSummation,
  exactSummation,
  lossOptionNames,
  type OptionSchemas,
  optionsParser,
  sumAccumulator,
} from "@surprisal/core/authoring";
import { balanceWeights } from "./balanceWeights.ts";
import {
  type EvaluationInput,
  type EvaluationOptions,
  evaluationSchemas,
  type ParsedEvaluationOptions,
  readInput,
} from "./options.ts";
import { type Rows, readRows } from "./readRows.ts";

/** The options of an accumulator: all but the weights, which come with each input. */
export type AccumulatorOptions<Options> = Omit<Options, "sampleWeight">;

/** A function of logits and labels that can also be computed batch by batch. */
export interface Metric<Options, Result, Accumulated = AccumulatorOptions<Options>> {
  (logits: FloatInput, labels: IntegerInput, options?: Options): Result;
  /**
   * Returns the accumulator of this function for data that comes in batches, or from many machines.
   *
   * Its sums are exact: the bits of the result do not depend on how the data is divided, or on the order in
   * which states are merged.
   */
  accumulator(options?: Accumulated): Accumulator<EvaluationInput, Result>;
}

/** The definition of a metric whose result is a function of sums over rows. */
export interface MetricDefinition<Parsed extends ParsedEvaluationOptions, Result, Found = void> {
  readonly name: string;
  /** The version of the sums' meaning. */
  readonly version: number;
  /** The schemas of the options that this metric alone has. */
  readonly options: OptionSchemas<Omit<Parsed, keyof ParsedEvaluationOptions>>;
  /** Returns the options that the sums depend on; states of other options are refused. */
  sumOptions(options: Parsed): AccumulatorState["options"];
  /** Returns the number of sums. */
  length(options: Parsed): number;
  /** Adds every row to the sums, and returns what it has found in this data, if that is part of the result. */
  add(
    functionName: string,
    rows: Rows,
    sums: readonly Pick<ExactSummation, "add">[],
    options: Parsed,
  ): Found;
  /**
   * Returns the result for these values of the sums. An accumulator has nothing but the sums.
   *
   * @param weightUnit the number that the weights were divided by.
   */
  result(sums: readonly number[], options: Parsed, found?: Found, weightUnit?: number): Result;
}

/** Makes a metric from its sums. */
export function defineMetric<
  Options extends EvaluationOptions,
  Parsed extends ParsedEvaluationOptions,
  Result,
  Found = void,
>(definition: MetricDefinition<Parsed, Result, Found>): Metric<Options, Result> {
  const { name, version, length, add, result } = definition;
  const schemas = { ...evaluationSchemas, ...definition.options } as OptionSchemas<Parsed>;
  const { sampleWeight, ...accumulatorSchemas } = schemas;
  const parseOptions = optionsParser<Parsed>(schemas, lossOptionNames);
  const parseAccumulatorOptions = optionsParser<Omit<Parsed, "sampleWeight">>(
    accumulatorSchemas,
    lossOptionNames,
  );

  const metric = (logits: FloatInput, labels: IntegerInput, options?: Options): Result => {
    const parsed = parseOptions(name, options);
    const sums = Array.from({ length: length(parsed) }, () => exactSummation());
    const { rows, weightUnit } = balanceWeights(readRows(name, logits, labels, parsed));
    const found = add(name, rows, sums, parsed);
    const values = sums.map((sum) => sum.value());
    return result(values, parsed, found, weightUnit);
  };

  const accumulator = (options?: AccumulatorOptions<Options>) => {
    const common = parseAccumulatorOptions(`${name}.accumulator`, options);
    const parsed = { ...common, sampleWeight: undefined } as unknown as Parsed;
    return sumAccumulator<EvaluationInput, Result>({
      type: name,
      version,
      options: definition.sumOptions(parsed),
      length: length(parsed),
      add(functionName, input, sumAt) {
        const { logits, labels, sampleWeight } = readInput(functionName, input);
        const rows = readRows(functionName, logits, labels, { ...parsed, sampleWeight });
        const sums = Array.from({ length: length(parsed) }, (_, i) => sumAt(i));
        add(functionName, rows, sums, parsed);
      },
      result: (sums) => result(sums, parsed),
    });
  };

  Object.defineProperty(metric, "name", { value: name });
  return Object.assign(metric, { accumulator });
}
