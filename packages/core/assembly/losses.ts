// The entry of the module of the cross-entropy and its gradient (OPERATION 2), which has no temperature.
import { GRAD_SCALES } from "./memory";

export { setCoefficients, setZLoss } from "./coefficients";
export { contiguousRows, rowMax, storeRowResult, sumExpMinusMax } from "./contiguousRows";
export { shortRows, stridedRows } from "./interleavedRows";
export {
  longRowGradients, longRowTerms, shortRowGradients, shortRowTerms, stridedRowGradients, stridedRowTerms,
} from "./composedRows";
export { contiguousSoftRows, finalizeSoftRow, storeSoftGradient } from "./softContiguousRows";
export { shortSoftRows, stridedSoftRows } from "./softInterleavedRows";
export { addCoefficients, clearCoefficients } from "./softRowSums";
export { setSpreading } from "./spreadCoefficients";

/**
 * Tells whether the magnitudes of the first `rows` upstream gradients, rounded up to a pair, are 0, or from `least` to
 * `most`.
 */
export function areGradScalesWithin(least: f64, most: f64, rows: i32): bool {
  const vectorLeast = f64x2.splat(least);
  const vectorMost = f64x2.splat(most);
  const zero = f64x2.splat(0);
  let areWithin = i64x2.splat(-1);
  for (let i = GRAD_SCALES, end = GRAD_SCALES + (<usize>rows << 3); i < end; i += 16) {
    const magnitude = f64x2.abs(v128.load(i));
    const isLarge = f64x2.ge(magnitude, vectorLeast);
    areWithin = v128.and(areWithin, v128.or(isLarge, f64x2.eq(magnitude, zero)));
    areWithin = v128.and(areWithin, f64x2.le(magnitude, vectorMost));
  }
  return i64x2.all_true(areWithin);
}
