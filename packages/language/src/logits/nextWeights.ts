import { readSampleWeight } from "@surprisal/core/authoring";

/**
 * Reads one weight for each token, and returns those of the tokens that the positions are scored against: position
 * t is scored against token t + 1, so the weight of the first token of each text is left out.
 *
 * @param tokenShape the shape of the tokens, of one axis or more.
 */
export function readNextWeights(
  functionName: string,
  value: unknown,
  tokenShape: readonly number[],
): Float64Array | undefined {
  const steps = tokenShape[tokenShape.length - 1];
  return readSampleWeight(functionName, value, tokenShape)?.filter((_, i) => i % steps > 0);
}
