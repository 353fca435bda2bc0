import { isOnePerRow, type RowVariant, rowBuffers } from "./variant.ts";

/** WGSL that converts a float16. */
export const widenHalf = /* wgsl */ `
/** Returns the bits of a float16 as those of a float32. */
fn widen(half: u32) -> u32 {
  let special = ((half & 0x8000u) << 16u) | BITS_INFINITY | ((half & 0x3ffu) << 13u);
  let value = bitcast<u32>(unpack2x16float(half & 0xffffu).x);
  return select(value, special, (half & 0x7c00u) == 0x7c00u);
}`;

/** Declares the buffers and reads elements of a row as keys. A vector holds four neighbours along the class axis. */
export function loads(variant: RowVariant): string {
  const { vectors, inputType, transform, blocked } = variant;
  const half = inputType === "float16";
  const outputVectors = vectors && !isOnePerRow(variant.result);
  const types: Record<string, string> = {
    input: vectors ? (half ? "vec2<u32>" : "vec4<u32>") : "u32",
    partials: "vec4<u32>",
    output: variant.result === "partial" || outputVectors ? "vec4<u32>" : "u32",
    targets: variant.coefficients === "probabilities" && vectors ? "vec4<u32>" : "u32",
    weight: "f32",
    sampleWeight: "f32",
    losses: "u32",
    gradScale: "f32",
    fault: "atomic<u32>",
    indices: "u32",
    candidates: "vec2<u32>",
    joined: "vec4<u32>",
  };
  const declarations = rowBuffers(variant).map(
    ([name, access], i) =>
      `@group(0) @binding(${i + 1}) var<storage, ${access === "read" ? "read" : "read_write"}> ${name}: array<${types[name]}>;`,
  );
  return /* wgsl */ `
${declarations.join("\n")}

var<private> lane: u32;
var<private> slot: u32;
/** Whether this thread is the first of those that share a row, and the row is one of the input's. */
var<private> ownsRow: bool;
/** The row's first element in the input and in the output; its place in the first vector. */
var<private> rowStart: u32;
var<private> outputStart: u32;
var<private> phase: u32;

fn openRow(row: u32) {
  ${
    blocked
      ? `rowStart = (row - parameters.firstRow) * parameters.outerStride;
  outputStart = rowStart;`
      : `let outer = row / parameters.inner;
  let inner = row % parameters.inner;
  rowStart = parameters.offset + outer * parameters.outerStride + inner * parameters.innerStride;
  outputStart = outer * parameters.classes * parameters.inner + inner;`
  }
  phase = ${vectors ? "rowStart & 3u" : "0u"};
}
fn vectorCount() -> u32 { return (phase + parameters.classes + 3u) / 4u; }
/** Returns the class of a vector's first element; it may be before the row's first. */
fn firstClass(vector: u32) -> i32 { return i32(4u * vector) - i32(phase); }
/** Returns which elements of a vector are in the row. */
fn isInside(vector: u32) -> vec4<bool> {
  let classes = vec4<i32>(firstClass(vector)) + vec4<i32>(0, 1, 2, 3);
  return (classes >= vec4<i32>(0)) & (classes < vec4<i32>(i32(parameters.classes)));
}

/** Returns a class of the block as one of all classes. */
fn ofAll(class_: i32) -> i32 { return class_${blocked ? " + i32(parameters.classOffset)" : ""}; }

${widenHalf}
fn loadBits(element: u32) -> u32 {
  ${
    vectors
      ? half
        ? "let word = input[element / 4u][(element / 2u) & 1u]; return widen((word >> (16u * (element & 1u))) & 0xffffu);"
        : "return input[element / 4u][element & 3u];"
      : half
        ? "return widen((input[element / 2u] >> (16u * (element & 1u))) & 0xffffu);"
        : "return input[element];"
  }
}
fn loadVector(vector: u32) -> vec4<u32> {
  ${
    vectors
      ? half
        ? `let words = input[rowStart / 4u + vector];
  return vec4<u32>(widen(words.x & 0xffffu), widen(words.x >> 16u), widen(words.y & 0xffffu), widen(words.y >> 16u));`
        : "return input[rowStart / 4u + vector];"
      : `let first = 4u * vector;
  let last = parameters.classes - 1u;
  let stride = parameters.classStride;
  return vec4<u32>(
    loadBits(rowStart + min(first, last) * stride), loadBits(rowStart + min(first + 1u, last) * stride),
    loadBits(rowStart + min(first + 2u, last) * stride), loadBits(rowStart + min(first + 3u, last) * stride));`
  }
}
/** Returns the keys of a vector of the row, KEY_NONE where it is outside of the row or not before \`last\`. */
fn loadKeys(vector: u32, last: u32) -> vec4<i32> {
  if (vector >= last) { return vec4<i32>(KEY_NONE); }
  let keys = keyOf4(loadVector(vector));
  let isMasked = (keys == vec4<i32>(KEY_MINUS_INFINITY)) & vec4<bool>(parameters.skipsMasked == 1u);
  return select(vec4<i32>(KEY_NONE), keys, isInside(vector) & !isMasked);
}
fn keyOfClass(class_: u32) -> i32 { return keyOf(loadBits(rowStart + class_ * parameters.classStride)); }

/** Returns the largest logit that a temperature does not make infinite. Larger ones count like it. */
fn largestLogit() -> f32 { return 3.0e38 * min(parameters.scale, 1.0); }
/** Returns a logit for the key of an element, before it is divided by a temperature. */
fn boundedLogit(key: i32) -> f32 {
  let most = largestLogit();
  return clamp(valueOf(finiteKey(key)), -most, most);
}
/** Returns a logit as it counts, as a pair, for the key of an element. */
fn logit(key: i32) -> vec2<f32> {
  ${
    {
      none: "return vec2<f32>(valueOf(finiteKey(key)), 0.0);",
      temperature:
        "return multiplyPairs(vec2<f32>(boundedLogit(key), 0.0), vec2<f32>(parameters.inverse, parameters.inverseLow));",
      softcap: `let most = 20.0 * min(parameters.scale, 1.7e37);
  let x = clamp(valueOf(finiteKey(key)), -most, most);
  let ratio = multiplyPairs(vec2<f32>(x, 0.0), vec2<f32>(parameters.inverse, parameters.inverseLow));
  // s · tanh(x / s) = x − x · (x / s)² / 3 + …: x itself keeps the digits that x / s may be too small for.
  if (abs(ratio.x) < 0.000244140625) { return vec2<f32>(x, -0.33333334 * x * ratio.x * ratio.x); }
  return multiplyPairs(tanhPair(ratio), vec2<f32>(parameters.scale, parameters.scaleLow));`,
    }[transform]
  }
}
/** The logits of a vector as they count: numbers, and what these have no room for. */
struct Logits { high: vec4<f32>, low: vec4<f32> }
fn logitsOf(keys: vec4<i32>) -> Logits {
  ${
    transform === "none"
      ? "return Logits(valueOf4(clamp(keys, vec4<i32>(KEY_LOWEST), vec4<i32>(KEY_LARGEST))), vec4<f32>(0.0));"
      : `var logits: Logits;
  for (var i = 0u; i < 4u; i++) {
    let own = logit(keys[i]);
    logits.high[i] = own.x;
    logits.low[i] = own.y;
  }
  return logits;`
  }
}`;
}
