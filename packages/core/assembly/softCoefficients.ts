// The float64 coefficients of a group, for `composedSoft.ts`.
import { maddF64, promoteHigh } from "./arithmetic";
import { weightsAddress } from "../src/generated/memoryMap";
import { TARGETS } from "./memory";
import { gather, VECTOR } from "./softGroups";

/** The coefficients are w · (scale · q + uniform), and w · target for the target of a row. */
let scale: f64 = 0;
let uniform: f64 = 0;
let target: f64 = 0;
/** Whether there are weights w: at `weightsAddress`, one double for each class. */
let hasWeights: bool = false;

/** Sets the coefficients of the next rows. */
export function setCoefficients(newScale: f64, newUniform: f64, newTarget: f64, newHasWeights: bool): void {
  scale = newScale;
  uniform = newUniform;
  target = newTarget;
  hasWeights = newHasWeights;
}

/** Writes the coefficients of a group, whose first row has the number `row`. `q` is 0 if there are no probabilities. */
export function storeGroupCoefficients(
  q: usize, rowStride: usize, classStride: usize, coefficients: usize, classes: i32, vectors: i32, row: i32, isRow: bool,
): void {
  const scales = f64x2.splat(scale);
  const uniforms = f64x2.splat(uniform);
  const weightStride: usize = isRow ? VECTOR : 8;
  let weight: usize = weightsAddress;
  let place = coefficients;
  let source = q;
  for (let j = 0; j < vectors; j++, place += VECTOR) {
    let low = uniforms;
    let high = uniforms;
    if (q != 0) {
      const lanes = gather(source, rowStride);
      low = maddF64(f64x2.promote_low_f32x4(lanes), scales, uniforms);
      high = maddF64(promoteHigh(lanes), scales, uniforms);
      source += classStride;
    }
    if (hasWeights) {
      const first = isRow ? v128.load(weight) : v128.load64_splat(weight);
      low = f64x2.mul(low, first);
      high = f64x2.mul(high, isRow ? v128.load(weight, 16) : first);
      weight += weightStride;
    }
    v128.store(place, low);
    v128.store(place, high, 16);
  }
  // A row is padded to whole vectors.
  if (isRow) for (let j = classes; j < vectors << 2; j++) store<f64>(coefficients + (<usize>j << 3), 0);
  if (q != 0) return;
  for (let lane = 0, lanes = isRow ? 1 : 4; lane < lanes; lane++) {
    const j = load<i32>(TARGETS + (<usize>(row + lane) << 2));
    // An ignored row has no target. A target that has changed since it was checked is no class.
    if (<u32>j >= <u32>classes) continue;
    const offset = isRow ? <usize>j << 3 : (<usize>j << 5) + (<usize>lane << 3);
    store<f64>(coefficients + offset, hasWeights ? target * load<f64>(weightsAddress + (<usize>j << 3)) : target);
  }
}
