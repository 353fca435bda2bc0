// Functions of the cross-entropy of every class of a row, for soft targets, in float64.
//
// The row loss is Σ c · f(ℓ) with ℓ = −log p, and its gradient is p · Σ s − s with s = c · f′(ℓ). Functions of a known form
// are computed here. For others, JavaScript computes f and f′ between two steps: the first writes ℓ, p and 1 − p of all
// classes, and the second makes the sums and the gradient.
//
// A group is four lanes that are computed side by side: four rows, or every fourth class of one row (`isRow`). Arrays of
// doubles behind the staging buffer hold the vectors of a group one after another.
import { demotePair, promoteHigh } from "./arithmetic";
import { FOCAL, LINEAR, POWER } from "./classFunctions";
import {
  coefficientsAddress, complementsAddress, crossEntropiesAddress, expsAddress, groupStatesAddress, slopesAddress,
} from "../src/generated/memoryMap";
import { GRAD_SCALES } from "./memory";
import { storeGroupCoefficients } from "./softCoefficients";
import {
  exponentials, INVERSE, loadLogits, probabilities, scatter, SLOPES, startGroup, STATE_BYTES, SUM, TOP_SLOPE, topOffset,
  USED, VECTOR,
} from "./softGroups";
import { addLosses, addLossesOfForm, finishLosses } from "./softLosses";

export { setCoefficients } from "./softCoefficients";

/** Writes the gradients (p · Σ s − s) · gradScale of a group. `areProbabilities` tells whether p is at `exps`. */
function storeGradients(
  out: usize, rowStride: usize, classStride: usize, exps: usize, slopes: usize, vectors: i32, state: usize, row: i32,
  isRow: bool, areProbabilities: bool,
): void {
  const used = v128.load(state, USED);
  const scales = GRAD_SCALES + (<usize>row << 3);
  const lowScale = isRow ? v128.load64_splat(scales) : v128.load(scales);
  const highScale = isRow ? lowScale : v128.load(scales, 16);
  let lowFactor = f64x2.add(v128.load(state, SLOPES), v128.load(state, TOP_SLOPE));
  let highFactor = f64x2.add(v128.load(state, SLOPES + 16), v128.load(state, TOP_SLOPE + 16));
  if (!areProbabilities) {
    lowFactor = f64x2.mul(lowFactor, v128.load(state, INVERSE));
    highFactor = f64x2.mul(highFactor, v128.load(state, INVERSE + 16));
  }
  let place = out;
  for (const end = exps + VECTOR * vectors; exps < end; exps += VECTOR, slopes += VECTOR, place += classStride) {
    const low = f64x2.sub(f64x2.mul(v128.load(exps), lowFactor), v128.load(slopes));
    const high = f64x2.sub(f64x2.mul(v128.load(exps, 16), highFactor), v128.load(slopes, 16));
    const gradients = demotePair(f64x2.mul(low, lowScale), f64x2.mul(high, highScale));
    scatter(place, rowStride, v128.and(gradients, used));
  }
  // Where one class dominates, its difference cancels. This form uses the other classes only.
  for (let lane: usize = 0; lane < 4; lane++) {
    const offset = topOffset(state, lane);
    if (offset < 0 || load<i32>(state + (lane << 2), USED) == 0) continue;
    const doubles = state + (lane << 3);
    const others = load<f64>(doubles, SLOPES);
    const total = others + load<f64>(doubles, TOP_SLOPE);
    const gradient = others - total * (load<f64>(doubles, SUM) * load<f64>(doubles, INVERSE));
    const gradScale = load<f64>(isRow ? scales : scales + (lane << 3));
    store<f32>(out + lane * rowStride + (<usize>offset >> 5) * classStride, <f32>(gradient * gradScale));
  }
}

/**
 * Computes the values and gradients of the rows of `groups` groups, for a function of a known form.
 *
 * @param q the address of the probabilities, or 0
 * @param out the address of the gradients, or 0
 * @param areStored whether the coefficients of all groups are stored already
 */
export function rowsOfForm(
  form: i32, a: f64, b: f64, x: usize, q: usize, out: usize, rowStride: usize, classStride: usize, groupStride: usize,
  classes: i32, vectors: i32, groups: i32, isRow: bool, areStored: bool,
): void {
  const state: usize = groupStatesAddress;
  const hasGradient = out != 0;
  const qStride: usize = q == 0 ? 0 : groupStride;
  let coefficients: usize = coefficientsAddress;
  for (let g = 0, row = 0; g < groups; g++, row += isRow ? 1 : 4, x += groupStride, q += qStride) {
    startGroup(state);
    loadLogits(x, rowStride, classStride, crossEntropiesAddress, vectors, isRow, state);
    exponentials(crossEntropiesAddress, expsAddress, vectors, isRow, state);
    if (areStored) coefficients = coefficientsAddress + VECTOR * vectors * g;
    else storeGroupCoefficients(q, rowStride, classStride, coefficients, classes, vectors, row, isRow);
    if (form == FOCAL) addLossesOfForm(FOCAL, hasGradient, a, b, coefficients, vectors, state);
    else if (form == LINEAR) addLossesOfForm(LINEAR, hasGradient, a, b, coefficients, vectors, state);
    else addLossesOfForm(POWER, hasGradient, a, b, coefficients, vectors, state);
    finishLosses(state, row, isRow);
    if (!hasGradient) continue;
    storeGradients(out, rowStride, classStride, expsAddress, slopesAddress, vectors, state, row, isRow, false);
    out += groupStride;
  }
}

/** Computes the cross-entropies, the probabilities p and 1 − p of the rows of `groups` groups. */
export function rowTerms(
  x: usize, rowStride: usize, classStride: usize, groupStride: usize, vectors: i32, groups: i32, isRow: bool,
): void {
  const bytes = VECTOR * vectors;
  let state: usize = groupStatesAddress;
  for (let g = 0, offset: usize = 0; g < groups; g++, offset += bytes, x += groupStride, state += STATE_BYTES) {
    const logits = crossEntropiesAddress + offset;
    startGroup(state);
    loadLogits(x, rowStride, classStride, logits, vectors, isRow, state);
    exponentials(logits, expsAddress + offset, vectors, isRow, state);
    probabilities(logits, expsAddress + offset, complementsAddress + offset, vectors, state);
  }
}

/** Writes the coefficients of the rows of `groups` groups. `q` is the address of probabilities, or 0. */
export function storeCoefficients(
  q: usize, rowStride: usize, classStride: usize, groupStride: usize, classes: i32, vectors: i32, groups: i32,
  isRow: bool,
): void {
  const qStride: usize = q == 0 ? 0 : groupStride;
  let coefficients: usize = coefficientsAddress;
  for (let g = 0, row = 0; g < groups; g++, row += isRow ? 1 : 4, q += qStride, coefficients += VECTOR * vectors) {
    storeGroupCoefficients(q, rowStride, classStride, coefficients, classes, vectors, row, isRow);
  }
}

/** Computes the values and gradients of rows from the losses and derivatives of their classes. `out` may be 0. */
export function rowSums(
  out: usize, rowStride: usize, classStride: usize, groupStride: usize, vectors: i32, groups: i32, isRow: bool,
): void {
  const bytes = VECTOR * vectors;
  let state: usize = groupStatesAddress;
  for (let g = 0, row = 0, offset: usize = 0; g < groups; g++, row += isRow ? 1 : 4, offset += bytes) {
    const losses = crossEntropiesAddress + offset;
    const slopes = slopesAddress + offset;
    addLosses(out != 0, losses, slopes, coefficientsAddress + offset, vectors, state);
    finishLosses(state, row, isRow);
    if (out != 0) {
      storeGradients(out, rowStride, classStride, expsAddress + offset, slopes, vectors, state, row, isRow, true);
      out += groupStride;
    }
    state += STATE_BYTES;
  }
}
