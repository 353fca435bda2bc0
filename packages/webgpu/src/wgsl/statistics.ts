import { summedMembers } from "./reductions.ts";
import type { RowVariant } from "./variant.ts";

/** The number of vectors that a thread reads before it adds their exponentials to its sums. */
export const tileVectors = 4;

/**
 * Finds the largest element of a row and the sum of the exponentials of the others, in one pass.
 *
 * A term is exp(x − base) · 2^(48 − shift): base and shift are a reference near the largest element so far, and
 * base is 0 unless that is at least 208 in magnitude. So no difference of logits is rounded. Where logits are pairs,
 * base is one too: what a float has no room for can be far more than 1. A new reference scales
 * the sums by a power of two, which is exact. A thread adds four vectors pairwise before it adds them to a pair.
 * Elements that are equal to the largest are counted: in the end one of them, the maximum itself, is left out.
 *
 * With coefficients c, it also sums c and c · (max − x), whose terms are at least 0; a larger maximum
 * adds its rise times the sum of c so far. The entropy takes the terms themselves as coefficients.
 */
export function statistics(variant: RowVariant): string {
  const { transform, coefficients, entropy } = variant;
  const isEntropy = entropy;
  const weighs = coefficients !== "none";
  const hasDistance = weighs || isEntropy;
  const softcap = transform === "softcap";
  const temperature = transform === "temperature";
  return /* wgsl */ `
/** A row whose largest key is at most this is empty; one whose key is above the other is NaN. */
const EMPTY_KEY = ${softcap ? "KEY_NONE" : "KEY_MINUS_INFINITY"};
const LAST_KEY = ${softcap ? "KEY_INFINITY" : "KEY_LARGEST"};
const GROUP = ${variant.group}u;
const TILE = ${tileVectors}u;
const TERM_SCALE = 48i;
/** Below this difference to the reference, in powers of two, a term is 0. */
const LOWEST_EXPONENT = -172i;
/** A thread takes a new reference when its maximum exceeds the reference by more. */
const LARGEST_RISE = 20.0;

var<private> maxKey: i32;
var<private> maxLogit: vec2<f32>;
var<private> base: vec2<f32>;
${temperature ? "/** What base was before it was divided by the temperature. */\nvar<private> origin: f32;" : ""}
var<private> shift: i32;
/** Below it, a logit is so far from the reference that its term is 0. */
var<private> floorKey: i32;
var<private> hasReference: bool;
var<private> ties: u32;
var<private> sums: vec4<f32>;
var<private> sumsLow: vec4<f32>;
var<private> distances: vec4<f32>;
var<private> distancesLow: vec4<f32>;
var<private> masses: vec4<f32>;
var<private> massesLow: vec4<f32>;
var<private> isInfinite: u32;
var<private> memberCount: u32;

// The row's results: the sum of exp(x − max) without the maximum, Σ c · (max − x), and Σ c.
var<private> rest: vec2<f32>;
var<private> distance: vec2<f32>;
var<private> mass: vec2<f32>;
/** The factor that makes a term exp(x − max). */
var<private> unitOfTerm: vec2<f32>;

/** Takes the maximum, whose first part is x, as the reference. */
fn setReference(x: f32) {
  let isFar = abs(x) >= 208.0;
  base = select(vec2<f32>(0.0), vec2<f32>(x, maxLogit.y), isFar);
  ${temperature ? "origin = select(0.0, boundedLogit(maxKey), isFar);" : ""}
  shift = i32(round((x - base.x) * LOG2E));
  floorKey = keyOf(bitcast<u32>(max(base.x - 1000.0, -3.4e38)));
  hasReference = true;
}
/** Returns the term of a logit, a pair, as a pair. */
fn termPair(x: vec2<f32>) -> vec2<f32> {
  let e = expPair(addPairs(x, -base));
  return scalePairByPower(e.pair, e.exponent - shift + TERM_SCALE);
}
/** Returns the factor that turns terms of this reference into terms of the present one. */
fn referenceFactor(oldBase: vec2<f32>, oldShift: i32) -> vec2<f32> {
  if (all(oldBase == base)) { return scalePairByPower(vec2<f32>(1.0, 0.0), oldShift - shift); }
  let e = expPair(addPairs(oldBase, -base));
  return scalePairByPower(e.pair, e.exponent + oldShift - shift);
}
fn addToSums(terms: vec4<f32>) {
  let sum = keep4(sums + terms);
  let part = keep4(sum - sums);
  sumsLow += (sums - keep4(sum - part)) + (terms - part);
  sums = sum;
}
fn keep4(x: vec4<f32>) -> vec4<f32> {
  return bitcast<vec4<f32>>(bitcast<vec4<u32>>(x) ^ vec4<u32>(parameters.zero));
}
fn foldLanes(high: vec4<f32>, low: vec4<f32>) -> vec2<f32> {
  return addPairs(
    addPairs(quickTwoSum(high.x, low.x), quickTwoSum(high.y, low.y)),
    addPairs(quickTwoSum(high.z, low.z), quickTwoSum(high.w, low.w)));
}
fn scaleSums(factor: vec2<f32>) {
  if (factor.y == 0.0) {
    sums *= factor.x; sumsLow *= factor.x;
    ${isEntropy ? "distances *= factor.x; distancesLow *= factor.x;" : ""}
    return;
  }
  let total = multiplyPairs(foldLanes(sums, sumsLow), factor);
  sums = vec4<f32>(total.x, 0.0, 0.0, 0.0); sumsLow = vec4<f32>(total.y, 0.0, 0.0, 0.0);
  ${
    isEntropy
      ? `let weighted = multiplyPairs(foldLanes(distances, distancesLow), factor);
  distances = vec4<f32>(weighted.x, 0.0, 0.0, 0.0); distancesLow = vec4<f32>(weighted.y, 0.0, 0.0, 0.0);`
      : ""
  }
}
${hasDistance ? distanceFunctions : ""}
/** Takes a larger maximum. The elements that were equal to the last one become terms. */
fn raiseMax(key: i32) {
  let next = logit(key);
  if (maxKey > EMPTY_KEY && maxKey <= LAST_KEY) {
    ${isEntropy || !weighs ? "" : "raiseDistances(next, foldLanes(masses, massesLow));"}
    let old = scalePair(termPair(maxLogit), f32(ties));
    addToSums(vec4<f32>(old.x, 0.0, 0.0, 0.0));
    sumsLow.x += old.y;
    ${isEntropy ? "raiseDistances(next, foldLanes(sums, sumsLow));" : ""}
  }
  ties = 0u;
  maxKey = key;
  maxLogit = next;
  if (!hasReference) { setReference(next.x); }
  else if ((next.x - base.x) + (next.y - base.y) > f32(shift) * 0.6931472 + LARGEST_RISE) {
    let oldBase = base;
    let oldShift = shift;
    setReference(next.x);
    scaleSums(referenceFactor(oldBase, oldShift));
  }
}
/** Returns the terms of four elements, exact zeros where they are too small. */
fn termsOf(keys: vec4<i32>) -> vec4<f32> {
  ${differences[transform]}
  let lowest = f32(shift + LOWEST_EXPONENT) * 0.6931472;
  let clamped = max(difference, vec4<f32>(lowest));
  let whole = round(clamped * LOG2E);
  let t = fma(-whole, vec4<f32>(LN2_MIDDLE), fma(-whole, vec4<f32>(LN2_HIGH), clamped));
  let q = fma(fma(fma(fma(vec4<f32>(0.0013813814148306847), t, vec4<f32>(0.008369147777557373)), t,
    vec4<f32>(0.041667640209198)), t, vec4<f32>(0.16666527092456818)), t, vec4<f32>(0.5000000596046448));
  ${transform === "none" ? "let p = fma(q * t, t, t);" : "let p0 = fma(q * t, t, t); let p = p0 + fma(p0, low, low);"}
  let power = (vec4<i32>(whole) + vec4<i32>(TERM_SCALE - shift)) << vec4<u32>(23u);
  let terms = bitcast<vec4<f32>>(bitcast<vec4<i32>>(1.0 + p) + power);
  return select(terms, vec4<f32>(0.0), (difference < vec4<f32>(lowest)) | (keys ${transform === "none" ? "< vec4<i32>(floorKey)" : "<= vec4<i32>(EMPTY_KEY)"}));
}

/** Scans the vectors of a row from \`first\` to \`last\`, which its threads share. */
fn scan(first: u32, last: u32) {
  maxKey = KEY_NONE;
  hasReference = false;
  ties = 0u;
  sums = vec4<f32>(0.0); sumsLow = vec4<f32>(0.0);
  distances = vec4<f32>(0.0); distancesLow = vec4<f32>(0.0);
  masses = vec4<f32>(0.0); massesLow = vec4<f32>(0.0);
  isInfinite = 0u;
  memberCount = 0u;
  for (var vector = first + lane; vector < last; vector += TILE * GROUP) {
    var keys: array<vec4<i32>, TILE>;
    var larger = vec4<i32>(KEY_NONE);
    for (var i = 0u; i < TILE; i++) {
      keys[i] = loadKeys(vector + i * GROUP, last);
      larger = max(larger, keys[i]);
    }
    let largest = max(max(larger.x, larger.y), max(larger.z, larger.w));
    if (largest > maxKey) { raiseMax(largest); }
    ${weighs ? "for (var i = 0u; i < TILE; i++) { addDistances(vector + i * GROUP, keys[i]); }" : ""}
    if (maxKey > EMPTY_KEY) {
      let top = vec4<i32>(maxKey);
      var equal = vec4<u32>(0u);
      // Pairs of vectors first, and then their sum: a term is rounded twice on its way to the pair.
      var sum = vec4<f32>(0.0);
      for (var i = 0u; i < TILE; i += 2u) {
        let a = select(termsOf(keys[i]), vec4<f32>(0.0), keys[i] == top);
        let b = select(termsOf(keys[i + 1u]), vec4<f32>(0.0), keys[i + 1u] == top);
        ${isEntropy ? "addEntropy(keys[i], a); addEntropy(keys[i + 1u], b);" : ""}
        sum += a + b;
        equal += select(vec4<u32>(0u), vec4<u32>(1u), keys[i] == top) + select(vec4<u32>(0u), vec4<u32>(1u), keys[i + 1u] == top);
      }
      addToSums(sum);
      ties += (equal.x + equal.y) + (equal.z + equal.w);
    }
  }
}

/** Joins the sums of the threads that share a row. */
fn joinThreads() {
  let ownMax = maxKey;
  let ownLogit = maxLogit;
  let oldBase = base;
  let oldShift = shift;
  let rowMax = reduceMax(ownMax);
  let isOpen = rowMax > EMPTY_KEY;
  maxKey = rowMax;
  maxLogit = logit(select(0i, rowMax, isOpen));
  setReference(maxLogit.x);
  let total0 = foldLanes(sums, sumsLow);
  var total = vec2<f32>(0.0);
  var weighted = vec2<f32>(0.0);
  var ownMass = ${weighs ? "foldLanes(masses, massesLow)" : "vec2<f32>(0.0)"};
  if (ownMax > EMPTY_KEY && isOpen) {
    let factor = referenceFactor(oldBase, oldShift);
    total = multiplyPairs(total0, factor);
    ${hasDistance ? `weighted = foldLanes(distances, distancesLow);${isEntropy ? "\n    weighted = multiplyPairs(weighted, factor);" : ""}` : ""}
    if (ownMax < rowMax) {
      total = addPairs(total, scalePair(termPair(ownLogit), f32(ties)));
      ties = 0u;
      ${hasDistance ? `weighted = addPairs(weighted, multiplyPairs(addPairs(maxLogit, -ownLogit), ${isEntropy ? "total" : "ownMass"}));` : ""}
    }
  }
  let own = Sums(${summedMembers(variant)
    .map(({ name }) => ({ total: "total", distance: "weighted", mass: "ownMass" })[name] ?? name)
    .join(", ")});
  let joined = reduceSums(own);
  ${summedMembers(variant)
    .filter(({ name }) => name !== "total")
    .map(({ name }) => `${name} = joined.${name};`)
    .join("\n  ")}
  finishRow(joined.total);
}
/** Computes the row's results from the sum of the terms. */
fn finishRow(total: vec2<f32>) {
  unitOfTerm = dividePairs(vec2<f32>(1.0, 0.0), termPair(maxLogit));
  rest = addToPair(multiplyPairs(total, unitOfTerm), f32(max(ties, 1u) - 1u));
  ${isEntropy ? "distance = dividePairs(multiplyPairs(distance, unitOfTerm), addToPair(rest, 1.0));" : ""}
}
fn isEmpty() -> bool { return maxKey <= EMPTY_KEY; }
fn isNan() -> bool { return maxKey > LAST_KEY; }`;
}

/**
 * Compute the differences of four logits to the reference: `difference`, and in `low` what that has no room for. The
 * factor 1 + low is exact enough for exp(low), as long as `low` is no more than the rounding error of `difference`.
 */
const differences: Readonly<Record<RowVariant["transform"], string>> = {
  none: /* wgsl */ `let difference = valueOf4(clamp(keys, vec4<i32>(floorKey), vec4<i32>(KEY_LARGEST))) - base.x;`,
  // Rounding x / T would cost digits in proportion to its size. So x − origin comes first, which is exact as a pair.
  temperature: /* wgsl */ `let most = largestLogit();
  // Neither the difference nor its quotient overflows.
  let x = clamp(valueOf4(clamp(keys, vec4<i32>(KEY_LOWEST), vec4<i32>(KEY_LARGEST))),
    vec4<f32>(max(origin, 0.0) - most), vec4<f32>(most));
  let fall = keep4(x - origin);
  let part = keep4(fall - x);
  let fallLow = (x - keep4(fall - part)) - (origin + part);
  // The product of pairs, as in multiplyPairs.
  let difference = keep4(fall * parameters.inverse);
  let fallHalf = bitcast<vec4<f32>>(bitcast<vec4<u32>>(fall) & vec4<u32>(0xfffff000u));
  let inverseHalf = bitcast<f32>(bitcast<u32>(parameters.inverse) & 0xfffff000u);
  let fallEnd = fall - fallHalf;
  let inverseEnd = parameters.inverse - inverseHalf;
  let error = ((keep4(fallHalf * inverseHalf) - difference) + keep4(fallHalf * inverseEnd) + keep4(fallEnd * inverseHalf))
    + fallEnd * inverseEnd;
  let low = error + (fall * parameters.inverseLow + fallLow * parameters.inverse);`,
  softcap: /* wgsl */ `let logits = logitsOf(keys);
  // The difference of large logits does not overflow.
  let high = max(logits.high, vec4<f32>(max(base.x, 0.0) - 3.0e38));
  let fall = keep4(high - base.x);
  let part = keep4(fall - high);
  let fallLow = ((high - keep4(fall - part)) - (base.x + part)) + (logits.low - base.y);
  let difference = keep4(fall + fallLow);
  let low = fallLow - keep4(difference - fall);`,
};

const distanceFunctions = /* wgsl */ `
fn addToDistances(terms: vec4<f32>) {
  let sum = keep4(distances + terms);
  let part = keep4(sum - distances);
  distancesLow += (distances - keep4(sum - part)) + (terms - part);
  distances = sum;
}
/** Adds the rise of the maximum for every coefficient so far. */
fn raiseDistances(next: vec2<f32>, coefficients: vec2<f32>) {
  let rise = multiplyPairs(addPairs(next, -maxLogit), coefficients);
  addToDistances(vec4<f32>(rise.x, 0.0, 0.0, 0.0));
  distancesLow.x += rise.y;
}
fn fallsOf(keys: vec4<i32>) -> vec4<f32> {
  let logits = logitsOf(keys);
  return (maxLogit.x - logits.high) + (maxLogit.y - logits.low);
}
fn addEntropy(keys: vec4<i32>, terms: vec4<f32>) {
  addToDistances(select(terms * fallsOf(keys), vec4<f32>(0.0), terms == vec4<f32>(0.0)));
}
`;
