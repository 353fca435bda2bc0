import { workgroupSize } from "./variant.ts";

/** The number of bits that one pass over a row tells apart: a thread for each of their values. */
const digitBits = Math.log2(workgroupSize);
const groups = Math.sqrt(workgroupSize);

/**
 * Finds the k largest elements of a row, which a workgroup shares.
 *
 * An element's place in the order is two words: its logit, and then the complement of its class, so that no two are
 * equal and the lower class is the larger of ties. Radix selection finds the k-th largest of them: each pass counts
 * the values of one digit among the elements that agree with the k-th largest in the digits before it. It ends as
 * soon as all that agree are among the k. The k elements are gathered and sorted by a bitonic network.
 *
 * NaN and ∞ are equal, and so are 0 and −0, as on the CPU.
 */
export const topFunctions = /* wgsl */ `
var<workgroup> histogram: array<atomic<u32>, ${workgroupSize}>;
var<workgroup> groupSums: array<u32, ${groups}>;
/** The k-th largest element's digit, the number of elements to choose among those that have it, and whether all are. */
var<workgroup> chosen: vec3<u32>;
var<workgroup> gathered: atomic<u32>;

fn rankOf(key: i32, class_: u32) -> vec2<u32> {
  let known = select(min(key, KEY_INFINITY), 0, key == -1);
  return vec2<u32>(bitcast<u32>(known) ^ 0x80000000u, ~class_);
}
fn isBefore(a: vec2<u32>, b: vec2<u32>) -> bool { return a.x > b.x || (a.x == b.x && a.y > b.y); }
fn digitOf(rank: vec2<u32>, pass_: u32) -> u32 {
  let word = select(rank.x, rank.y, pass_ >= ${32 / digitBits}u);
  return (word >> (${32 - digitBits}u - ${digitBits}u * (pass_ % ${32 / digitBits}u))) & ${workgroupSize - 1}u;
}

/** Chooses the digit of the k-th largest element from the counts: all with larger ones are among the k. */
fn chooseDigit(wanted: u32) {
  var left = wanted;
  var group = ${groups - 1}u;
  for (; group > 0u && groupSums[group] < left; group--) { left -= groupSums[group]; }
  var digit = group * ${groups}u + ${groups - 1}u;
  var count = atomicLoad(&histogram[digit]);
  for (; digit > group * ${groups}u && count < left; digit--) {
    left -= count;
    count = atomicLoad(&histogram[digit - 1u]);
  }
  chosen = vec3<u32>(digit, left, select(0u, 1u, count == left));
}

/** Returns the digits of the k-th largest element that tell the k from the others, and the mask of these digits. */
fn select_(last: u32) -> vec4<u32> {
  var prefix = vec2<u32>(0u);
  var mask = vec2<u32>(0u);
  var wanted = parameters.k;
  for (var pass_ = 0u; pass_ < ${64 / digitBits}u; pass_++) {
    atomicStore(&histogram[lane], 0u);
    workgroupBarrier();
    for (var vector = lane; vector < last; vector += GROUP) {
      let keys = loadKeys(vector, last);
      let inside = isInside(vector);
      for (var i = 0u; i < 4u; i++) {
        let rank = rankOf(keys[i], u32(firstClass(vector) + i32(i)));
        if (inside[i] && all((rank & mask) == prefix)) { atomicAdd(&histogram[digitOf(rank, pass_)], 1u); }
      }
    }
    workgroupBarrier();
    if (lane < ${groups}u) {
      var sum = 0u;
      for (var i = 0u; i < ${groups}u; i++) { sum += atomicLoad(&histogram[lane * ${groups}u + i]); }
      groupSums[lane] = sum;
    }
    workgroupBarrier();
    if (lane == 0u) { chooseDigit(wanted); }
    let choice = workgroupUniformLoad(&chosen);
    let shift = ${32 - digitBits}u - ${digitBits}u * (pass_ % ${32 / digitBits}u);
    let digit = vec2<u32>(choice.x, ${workgroupSize - 1}u) << vec2<u32>(shift);
    if (pass_ < ${32 / digitBits}u) { prefix.x |= digit.x; mask.x |= digit.y; }
    else { prefix.y |= digit.x; mask.y |= digit.y; }
    wanted = choice.y;
    if (choice.z == 1u) { break; }
  }
  return vec4<u32>(prefix, mask);
}

/** Sorts a row's candidates; their number is a power of two. */
fn sortCandidates(start: u32) {
  for (var size = 2u; size <= parameters.candidateCount; size *= 2u) {
    for (var distance = size / 2u; distance > 0u; distance /= 2u) {
      for (var i = lane; i < parameters.candidateCount / 2u; i += GROUP) {
        let a = (i / distance) * 2u * distance + i % distance;
        let b = a + distance;
        let first = candidates[start + a];
        let second = candidates[start + b];
        if (isBefore(second, first) == ((a & size) == 0u)) {
          candidates[start + a] = second;
          candidates[start + b] = first;
        }
      }
      storageBarrier();
    }
  }
}

fn store(row: u32, part: u32, first: u32, last: u32, isActive: bool) {
  let cut = select_(last);
  if (lane == 0u) { atomicStore(&gathered, 0u); }
  workgroupBarrier();
  // Workgroups beyond the last row compute the last row again, into a place of their own.
  let start = select(parameters.rows, row, isActive) * parameters.candidateCount;
  for (var vector = lane; vector < last; vector += GROUP) {
    let keys = loadKeys(vector, last);
    let inside = isInside(vector);
    for (var i = 0u; i < 4u; i++) {
      let rank = rankOf(keys[i], u32(firstClass(vector) + i32(i)));
      if (inside[i] && !isBefore(cut.xy, rank & cut.zw)) {
        candidates[start + atomicAdd(&gathered, 1u)] = rank;
      }
    }
  }
  for (var i = parameters.k + lane; i < parameters.candidateCount; i += GROUP) {
    candidates[start + i] = vec2<u32>(0u);
  }
  storageBarrier();
  sortCandidates(start);
  if (!isActive) { return; }
  let logSum = logOnePlus(rest);
  for (var i = lane; i < parameters.k; i += GROUP) {
    let rank = candidates[start + i];
    let key = bitcast<i32>(rank.x ^ 0x80000000u);
    let own = logit(key);
    let fall = (maxLogit.x - own.x) + (maxLogit.y - own.y);
    var bits = bitcast<u32>(-(fall + logSum.x));
    if (key <= EMPTY_KEY) { bits = BITS_MINUS_INFINITY; }
    if (isEmpty() || isNan()) { bits = BITS_NAN; }
    output[row * parameters.k + i] = bits;
    indices[row * parameters.k + i] = ~rank.y;
  }
}`;
