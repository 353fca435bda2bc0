import type { Kernel } from "../call.ts";
import { arithmetic } from "./arithmetic.ts";
import { workgroupSize } from "./variant.ts";
import { storeSums, sumWords, workgroupSums } from "./workgroupSums.ts";

export const reduceParameters = {
  zero: "u32",
  count: "u32",
  /** 0 for the sum over the weight times `divisor`, 1 for the sum over `divisor`, 2 for the factor of gradients, `divisor` over the weight. */
  mode: "u32",
  divisor: "f32",
  divisorLow: "f32",
  /** The bits of a mean over nothing. */
  emptyBits: "u32",
} as const;

/** Adds the sums of workgroups and turns them into the value of a loss, or the factor of its gradients. */
export const reduceSumsKernel: Kernel = {
  key: "reduceSums",
  bindings: ["read", "write"],
  code: () => /* wgsl */ `${arithmetic}
@group(0) @binding(1) var<storage, read> sums: array<u32>;
@group(0) @binding(2) var<storage, read_write> output: array<u32>;
${workgroupSums}

/** Returns a quotient times 2^64 to the power of \`power\`, which is −1, 0 or 1: ∞ if it is too large for a float. */
fn grow(quotient: f32, power: i32) -> u32 {
  if (power < 0) { return bitcast<u32>(quotient * SHRINK); }
  let bits = bitcast<u32>(quotient);
  if (power == 0 || (bits & BITS_INFINITY) == BITS_INFINITY) { return bits; }
  let isTooLarge = abs(quotient) >= 18446744073709551616.0;
  return select(bitcast<u32>(quotient * 18446744073709551616.0), BITS_INFINITY | (bits & 0x80000000u), isTooLarge);
}

@compute @workgroup_size(${workgroupSize})
fn main(@builtin(local_invocation_index) thread: u32) {
  var own = LossSums(vec4<f32>(0.0), 0u);
  for (var i = thread; i < parameters.count; i += ${workgroupSize}u) {
    let place = i * ${sumWords}u;
    let next = bitcast<vec4<f32>>(vec4<u32>(sums[place], sums[place + 1u], sums[place + 2u], sums[place + 3u]));
    own = addLossSums(own, LossSums(next, sums[place + 4u]));
  }
  addOverWorkgroup(thread, own.numbers, own.flags);
  if (thread != 0u) { return; }
  let total = sharedNumbers[0];
  let allFlags = sharedFlags[0];
  let lossPower = select(0, 1, (allFlags & FLAG_LARGE_LOSS) != 0u);
  let weightPower = select(0, 1, (allFlags & FLAG_LARGE_WEIGHT) != 0u);
  let constant = vec2<f32>(parameters.divisor, parameters.divisorLow);
  let isOverNothing = parameters.mode != 1u && total.z == 0.0;
  if (parameters.mode == 2u) {
    let factor = dividePairs(constant, total.zw);
    output[0] = select(grow(factor.x, -weightPower), parameters.emptyBits, isOverNothing);
    output[1] = select(grow(factor.y, -weightPower), 0u, isOverNothing);
    return;
  }
  var divisor = constant;
  var power = lossPower;
  if (parameters.mode == 0u) {
    divisor = multiplyPairs(total.zw, constant);
    power -= weightPower;
  }
  var bits = grow(dividePairs(total.xy, divisor).x, power);
  let states = allFlags & (FLAG_INFINITY | FLAG_MINUS_INFINITY | FLAG_NAN);
  if (states == FLAG_INFINITY) { bits = BITS_INFINITY; }
  if (states == FLAG_MINUS_INFINITY) { bits = BITS_MINUS_INFINITY; }
  if (states > FLAG_MINUS_INFINITY) { bits = BITS_NAN; }
  if (isOverNothing) { bits = parameters.emptyBits; }
  output[0] = bits;
}`,
};

export const weightParameters = {
  zero: "u32",
  rows: "u32",
  classes: "u32",
  targetOffset: "u32",
  ignoreLow: "u32",
  ignoreHigh: "u32",
  hasTarget: "u32",
  hasWeight: "u32",
  hasSampleWeight: "u32",
  indexType: "u32",
  shiftPeriod: "u32",
} as const;

/** Adds the weights that the rows have in the mean, before the gradients that are divided by them. */
export function sumWeightsKernel(readIndex: string): Kernel {
  return {
    key: "sumWeights",
    bindings: ["read", "read", "read", "write"],
    code: () => /* wgsl */ `${arithmetic}
@group(0) @binding(1) var<storage, read> targets: array<u32>;
@group(0) @binding(2) var<storage, read> weight: array<f32>;
@group(0) @binding(3) var<storage, read> sampleWeight: array<f32>;
@group(0) @binding(4) var<storage, read_write> sums: array<u32>;
${readIndex}
fn rowWeight(row: u32) -> f32 {
  var own = 1.0;
  if (parameters.hasSampleWeight == 1u) { own = sampleWeight[row]; }
  if (parameters.hasTarget == 0u) { return own; }
  let index = targetOf(row);
  if (index < 0 || index >= i32(parameters.classes)) { return 0.0; }
  if (parameters.hasWeight == 1u && own != 0.0) { own *= weight[index]; }
  return own;
}
${workgroupSums}
@compute @workgroup_size(${workgroupSize})
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let place = workgroup.y * workgroups.x + workgroup.x;
  let row = place * ${workgroupSize}u + thread;
  var own = 0.0;
  if (row < parameters.rows) { own = rowWeight(row); }
  addOverWorkgroup(thread, vec4<f32>(0.0, 0.0, own, 0.0), 0u);
  if (thread != 0u || place * ${workgroupSize}u >= parameters.rows) { return; }
${storeSums("sums", "place")}
}`,
  };
}
