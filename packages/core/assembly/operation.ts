// What comes out. The same sources make three modules, by KIND: who needs one does not load the others.
//
// | KIND | values per row                     | `writes`: what is written        |
// | ---- | ---------------------------------- | -------------------------------- |
// | 0    | none                               | softmax, always                  |
// | 1    | log Σ exp (if nothing is written)  | logSoftmax                       |
// | 2    | the loss                           | its gradient                     |

// @ts-expect-error: decorator
@inline
export function isSoftmax(): bool {
  return KIND == 0;
}

/** Whether classes are given, and losses come out. */
// @ts-expect-error: decorator
@inline
export function isLoss(): bool {
  return KIND == 2;
}

/** Whether exponentials are kept, in order: they become what is written. */
// @ts-expect-error: decorator
@inline
export function keeps(writes: bool): bool {
  return isSoftmax() || (isLoss() && writes);
}

/** Whether logits are written, less the logarithm of their sum. */
// @ts-expect-error: decorator
@inline
export function isLogSoftmax(writes: bool): bool {
  return !isSoftmax() && !isLoss() && writes;
}

// @ts-expect-error: decorator
@inline
export function isGradient(writes: bool): bool {
  return isLoss() && writes;
}

/** Exponentials times their factor: gradients, or probabilities, which rounding must not make greater than 1. */
// @ts-expect-error: decorator
@inline
export function times(exponentials: v128, factor: v128, one: v128): v128 {
  const product = f32x4.mul(exponentials, factor);
  return isLoss() ? product : f32x4.pmin(product, one);
}
