// The logarithm of the hyperbolic cosine, of blocks of float32.
import { sumLanes } from "./arithmetic";
import { accumulate, store, storeScaledFinite } from "./outputs";
import { ONE, splatElementConstant, TWO } from "./elementsConstants";
import { expm1Vector, log1pVector, tanhVector } from "./elementsVector";

/** Beyond this difference, log(1 + exp(−2|d|)) is negligible. */
const LARGE: f32 = 20;

/** Writes log cosh(x − y), and as its derivative tanh(x − y). `differences.ts` explains the parameters. */
export function logCosh(
  x: usize, y: usize, out: usize, gradX: usize, gradY: usize, count: i32, high: f32, low: f32,
): f64 {
  const highs = f32x4.splat(high);
  const lows = f32x4.splat(low);
  const zero = f32x4.splat(0);
  const large = f32x4.splat(LARGE);
  const ln2 = f32x4.splat(0.6931471805599453);
  let sum = f64x2.splat(0);
  for (let offset: usize = 0, end = <usize>count << 2; offset < end; offset += 16) {
    const difference = f32x4.sub(v128.load(x + offset), v128.load(y + offset));
    const size = f32x4.abs(difference);
    // cosh d = 1 + e² / (2 + 2 e) with e = exp|d| − 1, which keeps its digits.
    const e = expm1Vector(f32x4.pmin(size, large));
    const two = splatElementConstant(TWO);
    const rest = f32x4.mul(e, f32x4.div(e, f32x4.mul(two, f32x4.add(splatElementConstant(ONE), e))));
    const loss = v128.bitselect(f32x4.sub(size, ln2), log1pVector(rest), f32x4.gt(size, large));
    store(out, offset, loss);
    if (gradX != 0) {
      const slope = tanhVector(difference);
      storeScaledFinite(gradX, offset, slope, highs, lows);
      storeScaledFinite(gradY, offset, f32x4.sub(zero, slope), highs, lows);
    }
    sum = accumulate(sum, loss);
  }
  return sumLanes(sum);
}
