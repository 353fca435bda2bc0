// The sums of the losses and of their derivatives over the classes of a group.
import { highMasks, lowMasks, maddF64 } from "./arithmetic";
import { lossOf, sharedPart, slopeOf } from "./classFunctions";
import { constant, ONE } from "./doubleExponentials";
import { crossEntropiesAddress, expsAddress, slopesAddress } from "../src/generated/memoryMap";
import { TARGETS, VALUES } from "./memory";
import {
  INVERSE, joinSums, LOG_SUM, LOSS, SLOPES, SUM, TOP_COEFFICIENT, TOP_SLOPE, topOffset, USED, VECTOR,
} from "./softGroups";

/**
 * Adds c · f to LOSS. With a gradient, replaces f′ by s = c · f′, and adds s to SLOPES. A coefficient of 0 makes both 0,
 * even if f is infinite.
 */
export function addLosses(
  hasGradient: bool, losses: usize, slopes: usize, coefficients: usize, vectors: i32, state: usize,
): void {
  if (hasGradient) {
    for (let lane: usize = 0; lane < 4; lane++) {
      const offset = topOffset(state, lane);
      if (offset < 0) continue;
      const c = load<f64>(coefficients + offset);
      store<f64>(state + (lane << 3), c == 0 ? 0 : c * load<f64>(slopes + offset), TOP_SLOPE);
      store<f64>(slopes + offset, 0);
    }
  }
  const zero = f64x2.splat(0);
  let lowUsed = zero;
  let highUsed = zero;
  let lowLoss = zero;
  let highLoss = zero;
  let lowSum = zero;
  let highSum = zero;
  for (let offset: usize = 0, end = VECTOR * vectors; offset < end; offset += VECTOR) {
    const lowC = v128.load(coefficients + offset);
    const highC = v128.load(coefficients + offset, 16);
    const lowMask = f64x2.ne(lowC, zero);
    const highMask = f64x2.ne(highC, zero);
    lowUsed = v128.or(lowUsed, lowMask);
    highUsed = v128.or(highUsed, highMask);
    lowLoss = maddF64(lowC, v128.and(v128.load(losses + offset), lowMask), lowLoss);
    highLoss = maddF64(highC, v128.and(v128.load(losses + offset, 16), highMask), highLoss);
    if (!hasGradient) continue;
    const low = f64x2.mul(lowC, v128.and(v128.load(slopes + offset), lowMask));
    const high = f64x2.mul(highC, v128.and(v128.load(slopes + offset, 16), highMask));
    v128.store(slopes + offset, low);
    v128.store(slopes + offset, high, 16);
    lowSum = f64x2.add(lowSum, low);
    highSum = f64x2.add(highSum, high);
  }
  v128.store(state, lowLoss, LOSS);
  v128.store(state, highLoss, LOSS + 16);
  v128.store(state, lowSum, SLOPES);
  v128.store(state, highSum, SLOPES + 16);
  v128.store(state, v128.shuffle<i32>(lowUsed, highUsed, 0, 2, 4, 6), USED);
}

/** Moves the coefficients of the maxima to TOP_COEFFICIENT: these classes are computed from 1 − p without cancellation. */
// @ts-expect-error: decorator
@inline
function takeTopCoefficients(coefficients: usize, state: usize): void {
  for (let lane: usize = 0; lane < 4; lane++) {
    const offset = topOffset(state, lane);
    if (offset < 0) continue;
    store<f64>(state + (lane << 3), load<f64>(coefficients + offset), TOP_COEFFICIENT);
    store<f64>(coefficients + offset, 0);
  }
}

/**
 * Adds c · f to LOSS, and with a gradient writes s = c · f′ and adds it to SLOPES. It does what `probabilities`, JavaScript
 * and `addLosses` do, but stores no probabilities.
 */
// @ts-expect-error: decorator
@inline
export function addLossesOfForm(
  form: i32, hasGradient: bool, firstParameter: f64, secondParameter: f64, coefficients: usize, vectors: i32, state: usize,
): void {
  const logits: usize = crossEntropiesAddress;
  const exps: usize = expsAddress;
  const slopes: usize = slopesAddress;
  const a = f64x2.splat(firstParameter);
  const b = f64x2.splat(secondParameter);
  const zero = f64x2.splat(0);
  const one = constant(ONE);
  takeTopCoefficients(coefficients, state);
  const lowLogSum = v128.load(state, LOG_SUM);
  const highLogSum = v128.load(state, LOG_SUM + 16);
  const lowInverse = v128.load(state, INVERSE);
  const highInverse = v128.load(state, INVERSE + 16);
  let lowUsed = zero;
  let highUsed = zero;
  let lowLoss = zero;
  let highLoss = zero;
  let lowSum = zero;
  let highSum = zero;
  for (let offset: usize = 0, end = VECTOR * vectors; offset < end; offset += VECTOR) {
    const lowCrossEntropy = f64x2.sub(lowLogSum, v128.load(logits + offset));
    const highCrossEntropy = f64x2.sub(highLogSum, v128.load(logits + offset, 16));
    const lowP = f64x2.mul(v128.load(exps + offset), lowInverse);
    const highP = f64x2.mul(v128.load(exps + offset, 16), highInverse);
    const lowU = f64x2.sub(one, lowP);
    const highU = f64x2.sub(one, highP);
    const lowC = v128.load(coefficients + offset);
    const highC = v128.load(coefficients + offset, 16);
    const lowMask = f64x2.ne(lowC, zero);
    const highMask = f64x2.ne(highC, zero);
    lowUsed = v128.or(lowUsed, lowMask);
    highUsed = v128.or(highUsed, highMask);
    const lowShared = sharedPart(form, lowCrossEntropy, lowU, a);
    const highShared = sharedPart(form, highCrossEntropy, highU, a);
    lowLoss = maddF64(lowC, v128.and(lossOf(form, lowCrossEntropy, lowU, lowShared, a, b), lowMask), lowLoss);
    highLoss = maddF64(highC, v128.and(lossOf(form, highCrossEntropy, highU, highShared, a, b), highMask), highLoss);
    if (!hasGradient) continue;
    const lowSlope = slopeOf(form, lowCrossEntropy, lowP, lowU, lowShared, a, b);
    const highSlope = slopeOf(form, highCrossEntropy, highP, highU, highShared, a, b);
    const low = f64x2.mul(lowC, v128.and(lowSlope, lowMask));
    const high = f64x2.mul(highC, v128.and(highSlope, highMask));
    v128.store(slopes + offset, low);
    v128.store(slopes + offset, high, 16);
    lowSum = f64x2.add(lowSum, low);
    highSum = f64x2.add(highSum, high);
  }
  v128.store(state, lowLoss, LOSS);
  v128.store(state, highLoss, LOSS + 16);
  v128.store(state, lowSum, SLOPES);
  v128.store(state, highSum, SLOPES + 16);
  for (let i: usize = 0; i < VECTOR; i += 16) {
    const crossEntropy = v128.load(state + i, LOG_SUM);
    const p = v128.load(state + i, INVERSE);
    const u = f64x2.mul(v128.load(state + i, SUM), p);
    const c = v128.load(state + i, TOP_COEFFICIENT);
    const mask = f64x2.ne(c, zero);
    if (i == 0) lowUsed = v128.or(lowUsed, mask);
    else highUsed = v128.or(highUsed, mask);
    const shared = sharedPart(form, crossEntropy, u, a);
    const loss = v128.and(lossOf(form, crossEntropy, u, shared, a, b), mask);
    v128.store(state + i, maddF64(c, loss, v128.load(state + i, LOSS)), LOSS);
    if (!hasGradient) continue;
    const slope = v128.and(slopeOf(form, crossEntropy, p, u, shared, a, b), mask);
    v128.store(state + i, f64x2.mul(c, slope), TOP_SLOPE);
  }
  v128.store(state, v128.shuffle<i32>(lowUsed, highUsed, 0, 2, 4, 6), USED);
}

/** Stores the values of a group's rows from the number `row` on. Joins the lanes of one row. */
// @ts-expect-error: decorator
@inline
export function finishLosses(state: usize, row: i32, isRow: bool): void {
  const targets = TARGETS + (<usize>row << 2);
  const values = VALUES + (<usize>row << 3);
  let used = v128.load(state, USED);
  if (isRow) {
    joinSums(state + LOSS);
    joinSums(state + SLOPES);
    joinSums(state + TOP_SLOPE);
    const isUsed = v128.any_true(used) && load<i32>(targets) >= 0;
    v128.store(state, i32x4.splat(isUsed ? -1 : 0), USED);
    store<f64>(values, isUsed ? load<f64>(state, LOSS) : 0);
    return;
  }
  used = v128.andnot(used, i32x4.shr_s(v128.load(targets), 31));
  v128.store(state, used, USED);
  v128.store(values, v128.and(v128.load(state, LOSS), lowMasks(used)));
  v128.store(values, v128.and(v128.load(state, LOSS + 16), highMasks(used)), 16);
}
