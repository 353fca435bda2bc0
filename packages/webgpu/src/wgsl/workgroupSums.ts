import { workgroupSize } from "./variant.ts";

/** The number of words that the sum of a workgroup's losses takes. */
export const sumWords = 5;

/** A workgroup is this number squared. */
const addends = Math.sqrt(workgroupSize);

/**
 * Adds numbers over a workgroup: the losses and their weights, as pairs, and flags for NaN and infinities.
 *
 * A sum can be too large for a float although the mean is not. So a large sum is divided by a power of two, and a flag
 * says so. The division loses no digits: those of a large sum are far above the smallest float.
 */
export const workgroupSums = /* wgsl */ `
const FLAG_INFINITY = 1u;
const FLAG_MINUS_INFINITY = 2u;
const FLAG_NAN = 4u;
const FLAG_LARGE_LOSS = 8u;
const FLAG_LARGE_WEIGHT = 16u;
/** From 2^100 a sum is divided by 2^64: 2^36 terms of any size then stay below 2^100. */
const LARGE = 1.2676506e30;
const SHRINK = 5.421010862427522e-20;
/** Two pairs, the sum of losses and the sum of their weights, and the flags of all numbers in them. */
struct LossSums { numbers: vec4<f32>, flags: u32 }
var<workgroup> sharedNumbers: array<vec4<f32>, ${workgroupSize}>;
var<workgroup> sharedFlags: array<u32, ${workgroupSize}>;

fn addLossSums(a: LossSums, b: LossSums) -> LossSums {
  let size = max(abs(a.numbers), abs(b.numbers));
  var flags = a.flags | b.flags;
  flags |= select(0u, FLAG_LARGE_LOSS, size.x >= LARGE) | select(0u, FLAG_LARGE_WEIGHT, size.z >= LARGE);
  let left = shrink(a, flags);
  let right = shrink(b, flags);
  return LossSums(vec4<f32>(addPairs(left.xy, right.xy), addPairs(left.zw, right.zw)), flags);
}
/** Returns the numbers, divided where a sum with these flags is. */
fn shrink(sums: LossSums, flags: u32) -> vec4<f32> {
  let added = vec4<u32>(flags & ~sums.flags);
  let isLarge = (added & vec4<u32>(vec2<u32>(FLAG_LARGE_LOSS), vec2<u32>(FLAG_LARGE_WEIGHT))) != vec4<u32>(0u);
  return sums.numbers * select(vec4<f32>(1.0), vec4<f32>(SHRINK), isLarge);
}

/** Returns the flag of a number that cannot be added, 0 of a finite one. */
fn flagOf(bits: u32) -> u32 {
  if ((bits & 0x7fffffffu) > BITS_INFINITY) { return FLAG_NAN; }
  if (bits == BITS_INFINITY) { return FLAG_INFINITY; }
  return select(0u, FLAG_MINUS_INFINITY, bits == BITS_MINUS_INFINITY);
}
/**
 * Leaves the sums of all threads in the first elements of the shared arrays. Sixteen threads add sixteen elements each,
 * and one adds theirs: a tree of eight steps would wait eight times.
 */
fn addOverWorkgroup(thread: u32, numbers: vec4<f32>, flags: u32) {
  sharedNumbers[thread] = numbers;
  sharedFlags[thread] = flags;
  workgroupBarrier();
  if (thread < ${addends}u) { addShared(thread, ${addends}u); }
  workgroupBarrier();
  if (thread == 0u) { addShared(0u, 1u); }
}
fn addShared(first: u32, step: u32) {
  var sums = LossSums(sharedNumbers[first], sharedFlags[first]);
  for (var i = 1u; i < ${addends}u; i++) {
    let next = first + i * step;
    sums = addLossSums(sums, LossSums(sharedNumbers[next], sharedFlags[next]));
  }
  sharedNumbers[first] = sums.numbers;
  sharedFlags[first] = sums.flags;
}`;

/** Returns statements that store a workgroup's sums in a buffer. */
export function storeSums(buffer: string, workgroup: string): string {
  return /* wgsl */ `
  let first = ${sumWords}u * (${workgroup});
  let sums_ = bitcast<vec4<u32>>(sharedNumbers[0]);
  ${buffer}[first] = sums_.x;
  ${buffer}[first + 1u] = sums_.y;
  ${buffer}[first + 2u] = sums_.z;
  ${buffer}[first + 3u] = sums_.w;
  ${buffer}[first + 4u] = sharedFlags[0];`;
}
