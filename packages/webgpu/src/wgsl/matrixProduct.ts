import type { Kernel } from "../call.ts";
import { indexOfRow } from "./losses.ts";
import { workgroupSize } from "./variant.ts";

export const productParameters = {
  zero: "u32",
  rows: "u32",
  columns: "u32",
  /** The number of products that each element of the result adds. */
  depth: "u32",
  aOffset: "u32",
  aStride: "u32",
  bOffset: "u32",
  bStride: "u32",
  biasOffset: "u32",
  outputOffset: "u32",
  outputStride: "u32",
  hasBias: "u32",
  /** Whether the product is added to what the output holds. */
  accumulates: "u32",
  // The rows of B whose position is ignored are zeros, whatever they hold.
  firstRow: "u32",
  hasTarget: "u32",
  hasSampleWeight: "u32",
  targetOffset: "u32",
  ignoreLow: "u32",
  ignoreHigh: "u32",
  indexType: "u32",
  shiftPeriod: "u32",
} as const;

/** What distinguishes the kernels of matrix products. */
export interface ProductVariant {
  /** Whether A is stored with its columns as rows. */
  readonly transposesA: boolean;
  /** Whether B is stored with its columns as rows. */
  readonly transposesB: boolean;
  readonly aType: "float32" | "float16";
  readonly bType: "float32" | "float16";
  /** Whether four elements of A, and of B, are read at once. */
  readonly aVectors: boolean;
  readonly bVectors: boolean;
  /** Whether rows of B are zeros where their position is ignored. */
  readonly skipsIgnored: boolean;
}

/** The side of the square of the result that a workgroup computes. A thread computes a square of 4 × 4. */
export const productTile = 64;
const depthTile = workgroupSize / (productTile / 4);
/** Rows of a tile begin in different banks of the shared memory. */
const pitch = productTile + 4;

/**
 * Makes the kernel of C = A · B, or C += A · B. A workgroup copies a tile of A and one of B to its shared memory and
 * multiplies them there, so that each element is read once for 64 elements of the result. The products of a tile are
 * added apart from those of the tiles before: the error grows with the number of tiles, not with that of products.
 */
export function productKernel(variant: ProductVariant): Kernel {
  return {
    key: `product ${JSON.stringify(variant)}`,
    bindings: ["read", "read", "read", "write", ...(variant.skipsIgnored ? ignoredBindings : [])],
    code: () => source(variant),
  };
}

const ignoredBindings = ["read", "read"] as const;

function source(variant: ProductVariant): string {
  const { transposesA, transposesB, skipsIgnored } = variant;
  return /* wgsl */ `
@group(0) @binding(1) var<storage, read> a: array<${elementType(variant.aType, variant.aVectors)}>;
@group(0) @binding(2) var<storage, read> b: array<${elementType(variant.bType, variant.bVectors)}>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read_write> output: array<f32>;
${skipsIgnored ? ignored : ""}
${loadFour("a", variant.aType, variant.aVectors)}
${loadFour("b", variant.bType, variant.bVectors)}
var<workgroup> tileA: array<f32, ${depthTile * pitch}>;
var<workgroup> tileB: array<f32, ${depthTile * pitch}>;
fn fourOfA(at: u32) -> vec4<f32> { return vec4<f32>(tileA[at], tileA[at + 1u], tileA[at + 2u], tileA[at + 3u]); }
fn fourOfB(at: u32) -> vec4<f32> { return vec4<f32>(tileB[at], tileB[at + 1u], tileB[at + 2u], tileB[at + 3u]); }

@compute @workgroup_size(${workgroupSize})
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let place = workgroup.y * workgroups.x + workgroup.x;
  let across = (parameters.columns + ${productTile - 1}u) / ${productTile}u;
  let top = (place / across) * ${productTile}u;
  let left = (place % across) * ${productTile}u;
  let row = thread / ${productTile / 4}u * 4u;
  let column = thread % ${productTile / 4}u * 4u;
  var sums = array<vec4<f32>, 4>();
  for (var first = 0u; first < parameters.depth; first += ${depthTile}u) {
    {
      ${copyTile("A", "top", "parameters.rows", !transposesA, "parameters.aStride", false)}
    }
    {
      ${copyTile("B", "left", "parameters.columns", transposesB, "parameters.bStride", skipsIgnored)}
    }
    workgroupBarrier();
    var products = array<vec4<f32>, 4>();
    for (var k = 0u; k < ${depthTile}u; k++) {
      let x = fourOfA(k * ${pitch}u + row);
      let y = fourOfB(k * ${pitch}u + column);
      products[0] = fma(vec4<f32>(x.x), y, products[0]);
      products[1] = fma(vec4<f32>(x.y), y, products[1]);
      products[2] = fma(vec4<f32>(x.z), y, products[2]);
      products[3] = fma(vec4<f32>(x.w), y, products[3]);
    }
    for (var i = 0u; i < 4u; i++) { sums[i] += products[i]; }
    workgroupBarrier();
  }
  for (var i = 0u; i < 4u; i++) {
    for (var j = 0u; j < 4u; j++) {
      if (top + row + i >= parameters.rows || left + column + j >= parameters.columns) { continue; }
      var value = sums[i][j];
      if (parameters.hasBias == 1u) { value += bias[parameters.biasOffset + left + column + j]; }
      let to = parameters.outputOffset + (top + row + i) * parameters.outputStride + left + column + j;
      if (parameters.accumulates == 1u) { value += output[to]; }
      output[to] = value;
    }
  }
}`;
}

function elementType(type: "float32" | "float16", vectors: boolean): string {
  if (type === "float16") return vectors ? "vec2<u32>" : "u32";
  return vectors ? "vec4<f32>" : "f32";
}

/** Returns a function that reads four neighbours; those past \`count\` are 0. */
function loadFour(name: string, type: "float32" | "float16", vectors: boolean): string {
  const half = type === "float16";
  const one = (i: number) =>
    half ? `unpack2x16float(${name}[(at + ${i}u) / 2u])[(at + ${i}u) & 1u]` : `${name}[at + ${i}u]`;
  const all = half
    ? `vec4<f32>(unpack2x16float(${name}[at / 4u].x), unpack2x16float(${name}[at / 4u].y))`
    : `${name}[at / 4u]`;
  return /* wgsl */ `
fn load_${name}(at: u32, count: u32) -> vec4<f32> {
  var four = vec4<f32>(0.0);
  ${
    vectors
      ? `if (count > 0u) { four = ${all}; }
  return select(vec4<f32>(0.0), four, vec4<u32>(count) > vec4<u32>(0u, 1u, 2u, 3u));`
      : `${[0, 1, 2, 3].map((i) => `if (count > ${i}u) { four[${i}] = ${one(i)}; }`).join("\n  ")}
  return four;`
  }
}`;
}

/** Returns statements that copy a tile of A or B to the shared memory, where a row holds what is multiplied at once. */
function copyTile(
  name: "A" | "B",
  edge: string,
  size: string,
  alongDepth: boolean,
  stride: string,
  skips: boolean,
): string {
  const lower = name.toLowerCase();
  const store = (at: (i: number) => string) =>
    [0, 1, 2, 3].map((i) => `tile${name}[${at(i)}] = four[${i}];`).join(" ");
  if (alongDepth) {
    return /* wgsl */ `let line = thread / ${depthTile / 4}u;
      let k = thread % ${depthTile / 4}u * 4u;
      var count = select(0u, parameters.depth - min(first + k, parameters.depth), ${edge} + line < ${size});
      let four = load_${lower}(parameters.${lower}Offset + (${edge} + line) * ${stride} + first + k, count);
      ${store((i) => `(k + ${i}u) * ${pitch}u + line`)}`;
  }
  return /* wgsl */ `let k = thread / ${productTile / 4}u;
      let line = thread % ${productTile / 4}u * 4u;
      var count = select(0u, ${size} - min(${edge} + line, ${size}), first + k < parameters.depth);
      ${skips ? "if (count > 0u && isIgnored(parameters.firstRow + first + k)) { count = 0u; }" : ""}
      let four = load_${lower}(parameters.${lower}Offset + (first + k) * ${stride} + ${edge} + line, count);
      ${store((i) => `k * ${pitch}u + line + ${i}u`)}`;
}

const ignored = /* wgsl */ `
@group(0) @binding(5) var<storage, read> targets: array<u32>;
@group(0) @binding(6) var<storage, read> sampleWeight: array<f32>;
${indexOfRow}
fn isIgnored(row: u32) -> bool {
  if (parameters.hasSampleWeight == 1u && sampleWeight[row] == 0.0) { return true; }
  return parameters.hasTarget == 1u && targetOf(row) == IGNORED;
}`;
