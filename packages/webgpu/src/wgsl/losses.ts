import type { RowVariant } from "./variant.ts";
import { workgroupSize } from "./variant.ts";
import { storeSums, workgroupSums } from "./workgroupSums.ts";

/** Reads targets, and the coefficients c of the classes where each of them has one. */
export function coefficientFunctions({
  coefficients,
  vectors,
  transform,
  blocked,
}: RowVariant): string {
  const probabilities = coefficients === "probabilities";
  const targetStart = blocked
    ? "(parameters.targetOffset + (parameters.firstRow + rowStart / parameters.outerStride) * parameters.vocabulary + parameters.classOffset)"
    : "(parameters.targetOffset + outputStart)";
  return /* wgsl */ `
${probabilities ? "" : indexOfRow}
fn weightOfClass(class_: u32) -> f32 {
  if (parameters.hasWeight == 0u) { return 1.0; }
  return weight[class_];
}
${
  coefficients === "none"
    ? ""
    : /* wgsl */ `
fn coefficientOf(class_: u32, probability: f32) -> f32 {
  return weightOfClass(class_) * ${probabilities ? "(parameters.kept * probability + parameters.spread)" : "1.0"};
}
/** Returns the coefficients of a vector's classes, 0 outside of the row. */
fn coefficientsOf(vector: u32, keys: vec4<i32>) -> vec4<f32> {
  ${
    probabilities
      ? vectors
        ? `let probabilities = bitcast<vec4<f32>>(targets[${targetStart} / 4u + min(vector, vectorCount() - 1u)]);`
        : `let place = ${targetStart};
  let end = parameters.classes - 1u;
  let probabilities = vec4<f32>(
    bitcast<f32>(targets[place + min(4u * vector, end) * parameters.inner]),
    bitcast<f32>(targets[place + min(4u * vector + 1u, end) * parameters.inner]),
    bitcast<f32>(targets[place + min(4u * vector + 2u, end) * parameters.inner]),
    bitcast<f32>(targets[place + min(4u * vector + 3u, end) * parameters.inner]));`
      : "let probabilities = vec4<f32>(0.0);"
  }
  let classes = clamp(vec4<i32>(firstClass(vector)) + vec4<i32>(0, 1, 2, 3), vec4<i32>(0), vec4<i32>(i32(parameters.classes) - 1));
  let c = vec4<f32>(
    coefficientOf(u32(ofAll(classes.x)), probabilities.x), coefficientOf(u32(ofAll(classes.y)), probabilities.y),
    coefficientOf(u32(ofAll(classes.z)), probabilities.z), coefficientOf(u32(ofAll(classes.w)), probabilities.w));
  return select(c, vec4<f32>(0.0), keys == vec4<i32>(KEY_NONE));
}
fn addDistances(vector: u32, keys: vec4<i32>) {
  let c = coefficientsOf(vector, keys);
  let sum = keep4(masses + c);
  let part = keep4(sum - masses);
  massesLow += (masses - keep4(sum - part)) + (c - part);
  masses = sum;
  let counts = c != vec4<f32>(0.0);
  let members = select(vec4<u32>(0u), vec4<u32>(1u), keys != vec4<i32>(KEY_NONE));
  memberCount += (members.x + members.y) + (members.z + members.w);
  ${
    transform === "softcap"
      ? "let far = vec4<bool>(false);"
      : "let far = keys == vec4<i32>(KEY_MINUS_INFINITY);"
  }
  isInfinite += select(0u, 1u, any(counts & far));
  if (maxKey > EMPTY_KEY) {
    addToDistances(select(vec4<f32>(0.0), c * fallsOf(keys), counts & !far));
  }
}`
}
/** The share of a class weight that label smoothing gives to every class. */
fn spreadOf() -> f32 {
  if (parameters.skipsMasked == 1u) { return divide(parameters.spread, f32(max(memberCount, 1u))); }
  return parameters.spread;
}
`;
}

export const indexOfRow = /* wgsl */ `
/** The class of an ignored row, and of a row whose index no class can have. */
const IGNORED = -1;
const NO_CLASS = -2;

/** Returns a class index as the words of a 64-bit integer, the lower one first. */
fn wordsOfIndex(place: u32) -> vec2<u32> {
  if (parameters.indexType == 3u) { return vec2<u32>(targets[2u * place], targets[2u * place + 1u]); }
  let bits = targets[place];
  if (parameters.indexType == 1u) { return vec2<u32>(bits, 0u); }
  if (parameters.indexType == 0u) { return vec2<u32>(bits, bitcast<u32>(bitcast<i32>(bits) >> 31u)); }
  let x = bitcast<f32>(bits);
  let magnitude = bits & 0x7fffffffu;
  // Too large for an index, or not a whole number. The bits of NaN and ∞ are those of large numbers.
  if (magnitude >= 0x5f000000u || (magnitude < 0x4b000000u && x != trunc(x))) { return vec2<u32>(0u, 0x7fffffffu); }
  if (magnitude < 0x4f000000u) {
    let index = i32(x);
    return vec2<u32>(bitcast<u32>(index), bitcast<u32>(index >> 31u));
  }
  // At least 2³¹: no class, but it may be ignoreIndex.
  let digits = (bits & 0x7fffffu) | 0x800000u;
  let shift = (magnitude >> 23u) - 150u;
  var words = vec2<u32>(0u, digits << (shift & 31u));
  if (shift < 32u) { words = vec2<u32>(digits << shift, digits >> (32u - shift)); }
  if (x < 0.0) { words = vec2<u32>(~words.x + 1u, ~words.y + select(0u, 1u, words.x == 0u)); }
  return words;
}
/** Returns the class of a row; IGNORED or NO_CLASS if it has none. */
fn targetOf(row: u32) -> i32 {
  let shifts = parameters.shiftPeriod > 0u;
  if (shifts && row % parameters.shiftPeriod == parameters.shiftPeriod - 1u) { return IGNORED; }
  let words = wordsOfIndex(parameters.targetOffset + row + select(0u, 1u, shifts));
  if (words.x == parameters.ignoreLow && words.y == parameters.ignoreHigh) { return IGNORED; }
  return select(NO_CLASS, bitcast<i32>(words.x), words.y == 0u && words.x < 0x80000000u);
}`;

/** Computes a row's loss from its statistics, stores it, and stores the gradient. */
export function lossFunctions(variant: RowVariant): string {
  const { coefficients, transform, result, fromPartials, blocked } = variant;
  const storesLoss = !(result === "gradient" && fromPartials);
  const isIndex = coefficients !== "probabilities";
  const smooths = coefficients !== "none";
  const softcap = transform === "softcap";
  return /* wgsl */ `
const STATE_FINITE = 0u;
const STATE_INFINITE = 1u;
const STATE_NAN = 2u;
/** The row adds nothing. */
const STATE_NOTHING = 3u;
struct Loss { value: vec2<f32>, weight: f32, sampleWeight: f32, target_: i32, state: u32, logSum: vec2<f32> }

fn lossOf(row: u32) -> Loss {
  var loss = Loss(vec2<f32>(0.0), 0.0, 1.0, -1, STATE_NOTHING, vec2<f32>(0.0));
  if (parameters.hasSampleWeight == 1u) {
    loss.sampleWeight = sampleWeight[row];
    if (loss.sampleWeight == 0.0) { return loss; }
  }
  ${
    isIndex
      ? `let index = targetOf(row);
  if (index == IGNORED) { return loss; }
  if (index < 0 || index >= i32(parameters.${blocked ? "vocabulary" : "classes"})) {
    ${storesLoss ? "atomicMin(&fault[0], row);" : ""}
    loss.state = STATE_NAN;
    return loss;
  }
  loss.target_ = index;
  let classWeight = weightOfClass(u32(index));`
      : "let classWeight = 1.0;"
  }
  loss.weight = loss.sampleWeight * classWeight;
  ${smooths ? "" : "if (classWeight == 0.0) { return loss; }"}
  ${
    smooths
      ? isIndex
        ? "let total = addPairs(scalePair(mass, spreadOf()), twoProduct(parameters.kept, classWeight));"
        : "let total = mass;"
      : ""
  }
  ${
    smooths
      ? `// Without a class, there is none that could have a share.
  let hasShares = ${isIndex ? "parameters.skipsMasked == 0u || !isEmpty()" : "true"};
  if (total.x == 0.0 && hasShares && parameters.${blocked ? "vocabulary" : "classes"} > 0u) { return loss; }`
      : ""
  }
  if (isNan()) { loss.state = STATE_NAN; return loss; }
  if (isEmpty()) {
    if (parameters.emptyBits == BITS_NAN) { loss.state = STATE_NAN; }
    return loss;
  }
  loss.state = STATE_FINITE;
  loss.logSum = logOnePlus(rest);
  ${
    isIndex
      ? `// One thread of the row stores the loss, and the others do not need it.
  var key = KEY_NONE;
  ${storesLoss ? `if (ownsRow) { key = ${blocked ? "targetKey" : "keyOfClass(u32(index))"}; }` : ""}
  let own = addPairs(addPairs(maxLogit, -logit(key)), loss.logSum);
  loss.value = scalePair(own, classWeight);
  ${softcap ? "" : "if (key == KEY_MINUS_INFINITY && parameters.kept != 0.0) { loss.state = STATE_INFINITE; }"}`
      : ""
  }
  ${
    smooths
      ? isIndex
        ? `let others = addPairs(distance, multiplyPairs(mass, loss.logSum));
  loss.value = addPairs(scalePair(loss.value, parameters.kept), scalePair(others, spreadOf()));
  if (isInfinite > 0u && parameters.spread != 0.0) { loss.state = STATE_INFINITE; }`
        : `loss.value = addPairs(distance, multiplyPairs(mass, loss.logSum));
  if (isInfinite > 0u) { loss.state = STATE_INFINITE; }`
      : ""
  }
  if (parameters.zLoss != 0.0) {
    let logSumExp = addPairs(maxLogit, loss.logSum);
    loss.value = addPairs(loss.value, scalePair(multiplyPairs(logSumExp, logSumExp), parameters.zLoss));
  }
  loss.value = scalePair(loss.value, loss.sampleWeight);
  // A sum of finite numbers that is not finite is too large for a float.
  if ((bitcast<u32>(loss.value.x) & BITS_INFINITY) == BITS_INFINITY) { loss.state = STATE_INFINITE; }
  return loss;
}

${storesLoss ? storeLoss(variant) : ""}
${variant.result === "gradient" ? gradientFunctions(variant) : ""}`;
}

/**
 * Stores the loss, or adds the losses of a workgroup's rows: their sum and their weight as pairs, and then the numbers of
 * infinite and of NaN losses.
 */
function storeLoss({ group, blocked }: RowVariant): string {
  return /* wgsl */ `
${workgroupSums}
fn storeLoss(row: u32, isActive: bool, loss: Loss) {
  let thread = slot;
  if (parameters.reduces == 0u && lane == 0u && isActive) {
    var bits = bitcast<u32>(sumOfPair(loss.value));
    if (loss.state == STATE_NOTHING) { bits = 0u; }
    if (loss.state == STATE_INFINITE) { bits = BITS_INFINITY; }
    if (loss.state == STATE_NAN) { bits = BITS_NAN; }
    losses[row] = select(bits ^ parameters.signBit, 0u, bits == 0u);
  }
  let counts = lane == 0u && isActive;
  let isFinite = counts && loss.state == STATE_FINITE;
  let numbers = vec4<f32>(
    select(vec2<f32>(0.0), loss.value, isFinite), select(0.0, loss.weight, counts), 0.0);
  let flags = select(0u, FLAG_INFINITY, loss.state == STATE_INFINITE) | select(0u, FLAG_NAN, loss.state == STATE_NAN);
  addOverWorkgroup(thread, numbers, select(0u, flags, counts));
  if (parameters.reduces == 0u || thread != 0u || !isActive) { return; }
${storeSums("losses", blocked ? `parameters.sumPlace + (row - parameters.firstRow) / ${workgroupSize / group}u` : `row / ${workgroupSize / group}u`)}
}`;
}

function gradientFunctions({ coefficients, transform }: RowVariant): string {
  const isIndex = coefficients !== "probabilities";
  const smooths = coefficients !== "none";
  return /* wgsl */ `
${transform === "softcap" ? capSlope : ""}
/** Stores scale · ((Σ c + slope of the penalty) · p − c). */
fn storeGradient(row: u32, first: u32, last: u32, loss: Loss) {
  var scale = vec2<f32>(gradScale[0], gradScale[1]);
  if (parameters.hasUpstream == 1u) { scale = vec2<f32>(gradScale[row], 0.0); }
  scale = scalePair(scale, loss.sampleWeight);
  let total = addToPair(rest, 1.0);
  ${
    smooths
      ? isIndex
        ? `let targetShare = twoProduct(parameters.kept, weightOfClass(u32(loss.target_)));
  let spread = spreadOf();
  let sum = addPairs(scalePair(mass, spread), targetShare);`
        : "let sum = mass;"
      : "let sum = vec2<f32>(weightOfClass(u32(loss.target_)), 0.0);"
  }
  let slope = scalePair(addPairs(maxLogit, loss.logSum), 2.0 * parameters.zLoss);
  let all = addPairs(sum, slope);
  let factor = multiplyPairs(multiplyPairs(scale, all), dividePairs(unitOfTerm, total)).x;
  for (var vector = first + lane; vector < last; vector += GROUP) {
    let keys = loadKeys(vector, last);
    let terms = termsOf(keys);
    ${
      smooths
        ? `let c = coefficientsOf(vector, keys)${isIndex ? " * spread" : ""};
    var gradients = terms * factor - c * scale.x;`
        : "var gradients = terms * factor;"
    }
    let start = ofAll(firstClass(vector));
    let top = keys == vec4<i32>(maxKey);
    ${isIndex ? "let holdsTarget = loss.target_ >= start && loss.target_ < start + 4;" : ""}
    if (${isIndex ? "holdsTarget" : "false"}${smooths ? " || (rest.x < 1.0 && any(top))" : ""}) {
      for (var i = 0; i < 4; i++) {
        ${isIndex ? "let isTarget = start + i == loss.target_;" : "let isTarget = false;"}
        let isTop = top[i] && rest.x < 1.0;
        if (!isTarget && !(isTop && ${smooths})) { continue; }
        ${
          smooths
            ? `var own = vec2<f32>(c[i], 0.0);
        ${isIndex ? "if (isTarget) { own = addPairs(own, targetShare); }" : ""}`
            : "let own = sum;"
        }
        // Where one class dominates, p − 1 cancels: −rest / (1 + rest) does not.
        let p = dividePairs(scalePair(unitOfTerm, terms[i]), total);
        var gradient = vec2<f32>(0.0);
        if (top[i]) {
          gradient = addPairs(addPairs(sum, -own), -multiplyPairs(sum, dividePairs(rest, total)));
        } else {
          gradient = addPairs(multiplyPairs(sum, p), -own);
        }
        gradient = addPairs(gradient, multiplyPairs(slope, p));
        gradients[i] = multiplyPairs(gradient, scale).x;
      }
    }
    ${transform === "softcap" ? "for (var i = 0; i < 4; i++) { gradients[i] *= capSlope(keys[i]); }" : ""}
    storeVector(vector, bitcast<vec4<u32>>(gradients));
  }
}`;
}

const capSlope = /* wgsl */ `
/** Returns the derivative of a capped logit, 1 − tanh² = 4e / (1 + e)² with e = exp(−2|x| / s), which does not cancel. */
fn capSlope(key: i32) -> f32 {
  let e = expOf(-2.0 * abs(clamp(valueOf(finiteKey(key)), -3.0e38, 3.0e38) * parameters.inverse));
  return divide(4.0 * e, (1.0 + e) * (1.0 + e));
}`;
