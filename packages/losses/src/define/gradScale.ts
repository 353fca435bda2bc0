import { formatShape, type KernelArray, readFloats, sameShape } from "@surprisal/core/authoring";
import type { LossValues } from "./options.ts";
import type { LoadGradScale, PreparedLoss } from "./preparedLoss.ts";
import { divisorOf } from "./reduction.ts";

/** The derivative of the value with respect to each loss, times the upstream gradient. */
export interface Upstream {
  readonly loadGradScale: LoadGradScale;
  /** What is read for them while results are written. */
  readonly upstream?: KernelArray;
}

export function readGradOutput(
  functionName: string,
  prepared: PreparedLoss,
  { reduction, gradOutput }: LossValues,
): Upstream {
  const divisor = divisorOf(prepared, reduction);
  const same = (upstream: number): Upstream => {
    const scale = divisor === 0 ? prepared.emptyMean : upstream / divisor;
    return { loadGradScale: (_, count, gradScale) => gradScale.fill(scale, 0, count) };
  };
  if (gradOutput === undefined) return same(1);
  const upstream = readFloats(`${functionName}: gradOutput`, gradOutput);
  const expected = reduction === "none" ? prepared.shape : [];
  if (upstream.kind !== "number" && !sameShape(upstream.shape, expected)) {
    throw new RangeError(
      `${functionName}: gradOutput must be a number${expected.length > 0 ? ` or have the losses' shape ${formatShape(expected)}` : ""}, got shape ${formatShape(upstream.shape)}.`,
    );
  }
  if (upstream.kind === "number" || expected.length === 0) return same(upstream.data[0]);
  return {
    loadGradScale(first, count, gradScale) {
      for (let i = 0; i < count; i++) gradScale[i] = upstream.data[first + i];
    },
    upstream: upstream.data,
  };
}
