import { coefficientFunctions, lossFunctions } from "./losses.ts";
import { topFunctions } from "./top.ts";
import { type RowVariant, rowBuffers } from "./variant.ts";

/** Writes a row's results. */
export function outputs(variant: RowVariant): string {
  const { result } = variant;
  const isLoss = result === "loss" || result === "gradient";
  return [
    isLoss || variant.blocked || variant.coefficients !== "none"
      ? coefficientFunctions(variant)
      : "",
    isLoss ? lossFunctions(variant) : "",
    result === "softmax" || result === "logSoftmax" || result === "gradient"
      ? storeVector(variant)
      : "",
    storeRow(variant),
  ].join("\n");
}

/**
 * Four neighbours that are stored one by one or together. To write a component of a vector may write the whole vector,
 * and neighbouring rows share one where their length is no multiple of four; members of a structure are on their own.
 */
export const four = (type: "f32" | "u32") => /* wgsl */ `
struct Four { x: ${type}, y: ${type}, z: ${type}, w: ${type} }`;

function storeVector(variant: RowVariant): string {
  const { vectors } = variant;
  const binding = rowBuffers(variant).findIndex(([name]) => name === "output") + 1;
  return /* wgsl */ `
${
  vectors
    ? `${four("u32")}
// The output once more: a kernel uses one of the two.
@group(0) @binding(${binding}) var<storage, read_write> fours: array<Four>;`
    : ""
}
fn storeVector(vector: u32, bits: vec4<u32>) {
  let inside = isInside(vector);
  ${
    vectors
      ? `let place = outputStart / 4u + vector;
  if (all(inside)) { fours[place] = Four(bits.x, bits.y, bits.z, bits.w); return; }
  if (inside.x) { fours[place].x = bits.x; }
  if (inside.y) { fours[place].y = bits.y; }
  if (inside.z) { fours[place].z = bits.z; }
  if (inside.w) { fours[place].w = bits.w; }`
      : `let place = outputStart + 4u * vector * parameters.inner;
  if (inside.x) { output[place] = bits.x; }
  if (inside.y) { output[place + parameters.inner] = bits.y; }
  if (inside.z) { output[place + 2u * parameters.inner] = bits.z; }
  if (inside.w) { output[place + 3u * parameters.inner] = bits.w; }`
  }
}
fn fillRow(first: u32, last: u32, bits: u32) {
  for (var vector = first + lane; vector < last; vector += GROUP) { storeVector(vector, vec4<u32>(bits)); }
}`;
}

const signature = "fn store(row: u32, part: u32, first: u32, last: u32, isActive: bool)";

/** Makes the function that stores a row's results. */
function storeRow(variant: RowVariant): string {
  const { result, fromPartials, blocked } = variant;
  if (result === "partial") return storePartial(variant);
  if (result === "gradient" && !fromPartials) {
    return stores.gradient.replace(
      "let loss = lossOf(row);",
      "let loss = lossOf(row);\n  storeLoss(row, isActive, loss);",
    );
  }
  if (result === "loss" && blocked) {
    return stores.loss.replace(
      "{",
      `{\n  if (isActive) {${storeRecord("joined", "row - parameters.firstRow")}\n  }\n `,
    );
  }
  return stores[result];
}

/** Stores the statistics of a part of a row, with the key of the target's logit if it is in a block. */
function storePartial({ blocked, coefficients }: RowVariant): string {
  const findsTarget = blocked && coefficients !== "probabilities";
  const row = blocked ? "(row - parameters.firstRow)" : "row";
  return /* wgsl */ `
${signature} {
  if (lane != 0u || !isActive) { return; }
  var targetKey = KEY_NONE;
  ${
    findsTarget
      ? `let class_ = targetOf(row) - i32(parameters.classOffset);
  if (class_ >= 0 && class_ < i32(parameters.classes)) { targetKey = keyOfClass(u32(class_)); }`
      : ""
  }
  ${storeRecord("output", `${row} * parameters.parts + part`)}
}`;
}

function storeRecord(buffer: string, place: string): string {
  return /* wgsl */ `
  let record = (${place}) * 3u;
  ${buffer}[record] = vec4<u32>(bitcast<u32>(maxKey), bitcast<vec2<u32>>(rest), bitcast<u32>(targetKey));
  ${buffer}[record + 1u] = bitcast<vec4<u32>>(vec4<f32>(distance, mass));
  ${buffer}[record + 2u] = vec4<u32>(isInfinite, memberCount, 0u, 0u);`;
}

const stores: Readonly<Record<Exclude<RowVariant["result"], "partial">, string>> = {
  logSumExp: /* wgsl */ `
${signature} {
  if (lane != 0u || !isActive) { return; }
  var bits = bitcast<u32>(sumOfPair(addPairs(maxLogit, logOnePlus(rest))));
  if (isEmpty()) { bits = BITS_MINUS_INFINITY; }
  if (isNan()) { bits = select(BITS_NAN, BITS_INFINITY, maxKey == KEY_INFINITY); }
  output[row] = bits;
}`,
  entropy: /* wgsl */ `
${signature} {
  if (lane != 0u || !isActive) { return; }
  let entropy = sumOfPair(addPairs(distance, logOnePlus(rest)));
  output[row] = select(bitcast<u32>(entropy), BITS_NAN, isEmpty() || isNan());
}`,
  top: topFunctions,
  softmax: /* wgsl */ `
${signature} {
  if (isNan() || isEmpty()) { fillRow(first, last, select(parameters.emptyBits, BITS_NAN, isNan())); return; }
  let factor = dividePairs(unitOfTerm, addToPair(rest, 1.0)).x;
  for (var vector = first + lane; vector < last; vector += GROUP) {
    storeVector(vector, bitcast<vec4<u32>>(termsOf(loadKeys(vector, last)) * factor));
  }
}`,
  logSoftmax: /* wgsl */ `
${signature} {
  if (isNan() || isEmpty()) { fillRow(first, last, select(parameters.emptyBits, BITS_NAN, isNan())); return; }
  let logSum = logOnePlus(rest);
  for (var vector = first + lane; vector < last; vector += GROUP) {
    let keys = loadKeys(vector, last);
    let logits = logitsOf(keys);
    let falls = (maxLogit.x - logits.high) + (maxLogit.y - logits.low);
    let bits = bitcast<vec4<u32>>(-(falls + logSum.x));
    storeVector(vector, select(bits, vec4<u32>(BITS_MINUS_INFINITY), keys <= vec4<i32>(EMPTY_KEY)));
  }
}`,
  loss: /* wgsl */ `
${signature} { storeLoss(row, isActive, lossOf(row)); }`,
  gradient: /* wgsl */ `
${signature} {
  let loss = lossOf(row);
  if (loss.state == STATE_NAN || loss.state == STATE_NOTHING) {
    fillRow(first, last, select(0u, BITS_NAN, loss.state == STATE_NAN));
    return;
  }
  storeGradient(row, first, last, loss);
}`,
};
