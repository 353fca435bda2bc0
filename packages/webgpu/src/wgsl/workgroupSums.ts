import { workgroupSize } from "./variant.ts";

/** The number of words that the sum of a workgroup's losses takes. */
export const sumWords = 5;

/** A workgroup is this number squared. */
const addends = Math.sqrt(workgroupSize);

/** Adds numbers over a workgroup: the losses and their weights, as pairs, and what the numbers do not hold. */
export const workgroupSums = /* wgsl */ `
const FLAG_INFINITY = 1u;
const FLAG_MINUS_INFINITY = 2u;
const FLAG_NAN = 4u;
var<workgroup> sharedNumbers: array<vec4<f32>, ${workgroupSize}>;
var<workgroup> sharedFlags: array<u32, ${workgroupSize}>;

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
  var sum = sharedNumbers[first];
  var flags = sharedFlags[first];
  for (var i = 1u; i < ${addends}u; i++) {
    let next = sharedNumbers[first + i * step];
    sum = vec4<f32>(addPairs(sum.xy, next.xy), addPairs(sum.zw, next.zw));
    flags |= sharedFlags[first + i * step];
  }
  sharedNumbers[first] = sum;
  sharedFlags[first] = flags;
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
