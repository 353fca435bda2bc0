import { numberError, rangeError, typeError } from "../arguments/errors.ts";
import { formatValue } from "../arguments/format.ts";
import {
  addExactSum,
  type ExactSum,
  type ExactSummation,
  exactSummation,
} from "../kernels/js/exactSum.ts";

/** The state of an accumulator: plain JSON, some tens of bytes for each sum. */
export interface AccumulatorState {
  /** The function that the state belongs to. */
  readonly type: string;
  readonly version: number;
  /** The options that the sums depend on. */
  readonly options: Readonly<Record<string, string | number | boolean>>;
  readonly sums: readonly ExactSum[];
}

/**
 * A result that is computed part by part, on one machine or on many: Apache Beam's CombineFn.
 *
 * Sums are exact, so the bits of the result do not depend on how the inputs are divided, or on the order in
 * which states are merged.
 */
export interface Accumulator<Input, Result> {
  /** Returns the state of no inputs. */
  createAccumulator(): AccumulatorState;
  /** Returns the state with one more input. The given state does not change. */
  addInput(state: AccumulatorState, input: Input): AccumulatorState;
  /** Returns the state of all inputs of these states. */
  mergeAccumulators(states: Iterable<AccumulatorState>): AccumulatorState;
  /** Returns the result of the inputs so far. */
  extractOutput(state: AccumulatorState): Result;
}

/** The definition of an accumulator of sums. */
export interface SumAccumulatorDefinition<Input, Result> {
  /** The name of the function, for states and errors. */
  readonly type: string;
  /** The version of the sums' meaning. States of other versions are refused. */
  readonly version: number;
  readonly options?: AccumulatorState["options"];
  /** The number of sums. */
  readonly length: number;
  /** Adds the terms of one input to the sums; `sumAt(i)` returns sum i. If it throws, the state is as before. */
  add(functionName: string, input: Input, sumAt: (index: number) => ExactSummation): void;
  /** Returns the result for these values of the sums. */
  result(sums: readonly number[]): Result;
}

/** Makes an accumulator from the sums that its result is a function of. */
export function sumAccumulator<Input, Result>(
  definition: SumAccumulatorDefinition<Input, Result>,
): Accumulator<Input, Result> {
  const { type, version, options = {}, length, add, result } = definition;
  const stateOf = (sums: readonly ExactSum[]): AccumulatorState => {
    return { type, version, options: { ...options }, sums };
  };
  const read = (label: string, state: unknown): readonly ExactSum[] =>
    readSums(label, state, definition);

  return {
    createAccumulator: () => stateOf(Array.from({ length }, () => [])),
    addInput(state, input) {
      const functionName = `${type}.addInput`;
      const label = `${functionName}: state`;
      const sums = read(label, state).slice();
      // An input adds to a few of the sums. Both states share the others.
      const changed = new Map<number, ExactSummation>();
      add(functionName, input, (index) => {
        const known = changed.get(index);
        if (known !== undefined) return known;
        const sum = exactSummation(readSum(label, sums, index));
        changed.set(index, sum);
        return sum;
      });
      for (const [index, sum] of changed) sums[index] = sum.state();
      return stateOf(sums);
    },
    mergeAccumulators(states) {
      const functionName = `${type}.mergeAccumulators`;
      const totals = Array.from({ length }, () => exactSummation());
      let k = 0;
      for (const state of readStates(functionName, states)) {
        const label = `${functionName}: states[${k++}]`;
        const sums = read(label, state);
        totals.forEach((total, i) => {
          addExactSum(total, readSum(label, sums, i));
        });
      }
      return stateOf(totals.map((sum) => sum.state()));
    },
    extractOutput(state) {
      const label = `${type}.extractOutput: state`;
      const sums = read(label, state);
      const valueAt = (i: number) => exactSummation(readSum(label, sums, i)).value();
      return result(Array.from({ length }, (_, i) => valueAt(i)));
    },
  };
}

function readStates(functionName: string, states: unknown): Iterable<unknown> {
  if (typeof states === "object" && states !== null && Symbol.iterator in states) {
    return states as Iterable<unknown>;
  }
  throw typeError(`${functionName}: states`, "be an array of states", formatValue(states));
}

/** Returns the sums of a state, unchecked, and throws if it is not a state of this accumulator. */
function readSums<Input, Result>(
  label: string,
  state: unknown,
  { type, version, options = {}, length }: SumAccumulatorDefinition<Input, Result>,
): readonly ExactSum[] {
  if (typeof state !== "object" || state === null) {
    throw typeError(label, "be an object that createAccumulator has made", formatValue(state));
  }
  const received = state as Partial<AccumulatorState>;
  if (received.type !== type) {
    const error = typeof received.type === "string" ? rangeError : typeError;
    throw error(`${label}.type`, `be ${formatValue(type)}`, formatValue(received.type));
  }
  if (received.version !== version) {
    throw rangeError(
      `${label}.version`,
      `be ${version}, the version of this package`,
      formatValue(received.version),
    );
  }
  for (const name of Object.keys(options)) {
    const value = received.options?.[name];
    if (value === options[name]) continue;
    throw rangeError(
      `${label}.options.${name}`,
      `be ${formatValue(options[name])}, as in this accumulator`,
      formatValue(value),
    );
  }
  const { sums } = received;
  if (Array.isArray(sums) && sums.length === length) return sums;
  const error = Array.isArray(sums) ? rangeError : typeError;
  throw error(`${label}.sums`, `be ${length} exact sums`, formatValue(sums));
}

/**
 * Returns sum i of a state, and throws if it is not an exact sum. A hole of a sparse array is not one. Each sum is
 * checked only when it is read, because a state may have millions.
 */
function readSum(stateLabel: string, sums: readonly unknown[], i: number): ExactSum {
  const sum = sums[i];
  const label = `${stateLabel}.sums[${i}]`;
  if (!Array.isArray(sum)) {
    if (sum === "NaN" || sum === "Infinity" || sum === "-Infinity") return sum;
    const error = typeof sum === "string" ? rangeError : typeError;
    throw error(label, "be an exact sum", formatValue(sum));
  }
  for (let k = 0; k < sum.length; k++) {
    if (!Number.isFinite(sum[k])) throw numberError(`${label}[${k}]`, "be a finite number", sum[k]);
  }
  return sum;
}
