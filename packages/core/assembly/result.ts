// What is made of each row. The kernels are compiled twice, with LOSSES 0 and 1: who needs no loss
// does not load it, and the other way round.

export enum Result {
  SOFTMAX,
  LOG_SOFTMAX,
  LOG_SUM_EXP,
  LOSS,
  LOSS_AND_GRADIENT,
}

/** Whether classes are given, and losses come out. */
// @ts-expect-error: decorator
@inline
export function isLoss(): bool {
  return LOSSES != 0;
}

// @ts-expect-error: decorator
@inline
export function isLogSoftmax(result: Result): bool {
  return !isLoss() && result == Result.LOG_SOFTMAX;
}

/** Whether exponentials are kept, in order: they become the result. */
// @ts-expect-error: decorator
@inline
export function keeps(result: Result): bool {
  return result == (isLoss() ? Result.LOSS_AND_GRADIENT : Result.SOFTMAX);
}

// @ts-expect-error: decorator
@inline
export function isGradient(result: Result): bool {
  return isLoss() && keeps(result);
}

/** Exponentials times their factor: gradients, or probabilities, which rounding must not make greater than 1. */
// @ts-expect-error: decorator
@inline
export function times(exponentials: v128, factor: v128, one: v128): v128 {
  const product = f32x4.mul(exponentials, factor);
  return isLoss() ? product : f32x4.pmin(product, one);
}
