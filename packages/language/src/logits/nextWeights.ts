import { readSampleWeight, sizeOf } from "@surprisal/core/authoring";

/**
 * Reads one weight for each token, and returns those of the tokens that the positions are scored against: position
 * t is scored against token t + 1, so that the first token of each text has no position.
 */
export function readNextWeights(
  functionName: string,
  value: unknown,
  lossShape: readonly number[],
): Float64Array | undefined {
  const losses = lossShape[lossShape.length - 1];
  const tokenShape = [...lossShape.slice(0, -1), losses + 1];
  const weights = readSampleWeight(functionName, value, tokenShape);
  return (
    weights &&
    Float64Array.from({ length: sizeOf(lossShape) }, (_, i) => {
      return weights[Math.floor(i / losses) * (losses + 1) + (i % losses) + 1];
    })
  );
}
