import { type KernelArray, readFloats, sameShape, showShape } from "@surprisal/core/authoring";
import type { LossValues } from "./options.ts";
import type { Problem, Scales } from "./preparedLoss.ts";
import { divisorOf } from "./reduction.ts";

/** The derivative of the value with respect to each loss, times the upstream gradient. */
export interface Upstream {
  readonly scales: Scales;
  /** What is read for them while results are written. */
  readonly upstream?: KernelArray;
}

export function readScales(
  where: string,
  problem: Problem,
  { reduction, gradOutput }: LossValues,
): Upstream {
  const divisor = divisorOf(problem, reduction);
  const same = (upstream: number): Upstream => {
    const scale = divisor === 0 ? problem.nothing : upstream / divisor;
    return { scales: (_, count, scales) => scales.fill(scale, 0, count) };
  };
  if (gradOutput === undefined) return same(1);
  const upstream = readFloats(`${where}: gradOutput`, gradOutput);
  const expected = reduction === "none" ? problem.shape : [];
  if (upstream.form !== "number" && !sameShape(upstream.shape, expected)) {
    throw new RangeError(
      `${where}: gradOutput must be a number${expected.length > 0 ? ` or have the losses' shape ${showShape(expected)}` : ""}, got shape ${showShape(upstream.shape)}.`,
    );
  }
  if (upstream.form === "number" || expected.length === 0) return same(upstream.data[0]);
  return {
    scales(first, count, scales) {
      for (let i = 0; i < count; i++) scales[i] = upstream.data[first + i];
    },
    upstream: upstream.data,
  };
}
