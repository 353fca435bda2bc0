// The operation that a module computes. The same sources are compiled once per OPERATION, so that a
// bundle contains only the modules that it uses.
//
// | OPERATION | value per row            | output                    |
// | --------- | ------------------------ | ------------------------- |
// | 0         | none                     | softmax                   |
// | 1         | logSumExp (if no output) | logSoftmax (if any)       |
// | 2         | cross-entropy            | its gradient (if any)     |

/** Tells whether the output is softmax. */
// @ts-expect-error: decorator
@inline
export function isSoftmax(): bool {
  return OPERATION == 0;
}

/** Tells whether rows have a target class and a cross-entropy. */
// @ts-expect-error: decorator
@inline
export function isCrossEntropy(): bool {
  return OPERATION == 2;
}

/** Tells whether the terms are stored, because a multiple of them is the output. */
// @ts-expect-error: decorator
@inline
export function storesExponentials(hasOutput: bool): bool {
  return isSoftmax() || (isCrossEntropy() && hasOutput);
}

/** Tells whether the output is logSoftmax, which is made from the logits. */
// @ts-expect-error: decorator
@inline
export function isLogSoftmax(hasOutput: bool): bool {
  return !isSoftmax() && !isCrossEntropy() && hasOutput;
}

/** Tells whether the output is the gradient of the cross-entropy. */
// @ts-expect-error: decorator
@inline
export function isGradient(hasOutput: bool): bool {
  return isCrossEntropy() && hasOutput;
}

/** Multiplies terms by a factor. Probabilities are clamped to 1, which rounding could exceed; gradients are not. */
// @ts-expect-error: decorator
@inline
export function scaleAndClamp(terms: v128, factor: v128, one: v128): v128 {
  const product = f32x4.mul(terms, factor);
  return isCrossEntropy() ? product : f32x4.pmin(product, one);
}
