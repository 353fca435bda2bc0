import type { FloatInput, IntegerInput, Output } from "@surprisal/core";
import {
  integer,
  openOutput,
  optionsParser,
  readNumbers,
  unknown,
} from "@surprisal/core/authoring";
import { forEachBlock, readLogits } from "../logits/readLogits.ts";
import { checkState, fromJson } from "./mergePartials.ts";
import type { PartialState } from "./partialSoftmax.ts";

/** Options of `partialGradient`. */
export interface PartialGradientOptions {
  /**
   * The id of the first token of this part of the vocabulary.
   *
   * @defaultValue 0
   */
  vocabularyStart?: number | undefined;
  /**
   * The upstream gradient: a number for all positions, or one for each.
   *
   * @defaultValue 1
   */
  gradOutput?: FloatInput | undefined;
  /** Receives the gradient: a container of logits' kind, shape and element type. */
  out?: object | undefined;
}

const parseOptions = optionsParser({
  vocabularyStart: integer(0),
  gradOutput: unknown<unknown>(),
  out: unknown<unknown>(),
});

/**
 * Computes the gradient of each position's loss for one part of a vocabulary, from the merged state.
 *
 * gradient = gradOutput · (exp(x − max) / (1 + S) − [token])
 *
 * @param logits the logits of this part, as in `partialSoftmax`.
 * @param ids token ids of the whole vocabulary, as in `partialSoftmax`.
 * @param state the `state` of `mergePartials`.
 * @param options vocabularyStart, gradOutput, out.
 * @returns the gradient in logits' kind of container. An ignored position has zeros.
 * @throws TypeError if an argument or option is of the wrong kind, or an option is unknown.
 * @throws RangeError if a shape does not fit.
 *
 * @example
 * ```ts
 * import { mergePartials, partialGradient, partialSoftmax } from "@surprisal/language";
 *
 * const { state } = mergePartials([
 *   partialSoftmax([[2, 1]], [0]),
 *   partialSoftmax([[0]], [0], { vocabularyStart: 2 }),
 * ]);
 * partialGradient([[2, 1]], [0], state); // [[-0.334…, 0.244…]]
 * partialGradient([[0]], [0], state, { vocabularyStart: 2 }); // [[0.090…]]
 * ```
 *
 * Source: Shoeybi et al., "Megatron-LM", arXiv 1909.08053.
 */
export function partialGradient<I extends FloatInput>(
  logits: I,
  ids: IntegerInput,
  state: PartialState,
  options?: PartialGradientOptions,
): Output<I> {
  const functionName = "partialGradient";
  const { vocabularyStart, gradOutput, out } = parseOptions(functionName, options);
  const read = readLogits(functionName, logits);
  const { vocabulary, rows, shape } = read;
  checkState(`${functionName}: state`, state);
  const targets = readNumbers(`${functionName}: ids`, ids).data;
  const scales =
    gradOutput === undefined ? [1] : readNumbers(`${functionName}: gradOutput`, gradOutput).data;
  for (const [name, length] of Object.entries({ ids: targets.length, state: state.max.length })) {
    if (length === rows) continue;
    throw new RangeError(`${functionName}: ${name} must have ${rows} positions, got ${length}.`);
  }
  if (scales.length !== 1 && scales.length !== rows) {
    throw new RangeError(
      `${functionName}: gradOutput must be a number or have ${rows} numbers, got ${scales.length}.`,
    );
  }
  const inputs = read.data === undefined ? [] : [read.data];
  const output = openOutput(functionName, out, [...shape, vocabulary], read.spec, inputs);
  forEachBlock(read, ({ data, firstRow, rows: count }) => {
    for (let r = 0; r < count; r++) {
      const row = firstRow + r;
      const scale = state.ignored[row] ? 0 : scales.length === 1 ? scales[0] : scales[row];
      const max = fromJson(state.max[row]);
      const sumExp = 1 + state.sumExpExcludingMax[row];
      const target = targets[row] - vocabularyStart;
      for (let j = 0; j < vocabulary; j++) {
        const p = Math.exp(data[r * vocabulary + j] - max) / sumExp;
        output.data[row * vocabulary + j] = scale === 0 ? 0 : scale * p;
      }
      if (scale === 0 || target < 0 || target >= vocabulary) continue;
      const isMax = data[r * vocabulary + target] === max;
      // p − 1 would cancel where the token is almost certain.
      const difference = isMax
        ? -state.sumExpExcludingMax[row] / sumExp
        : Math.exp(data[r * vocabulary + target] - max) / sumExp - 1;
      output.data[row * vocabulary + target] = scale * difference;
    }
  });
  return output.finish() as Output<I>;
}
