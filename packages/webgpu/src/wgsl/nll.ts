import type { Kernel } from "../call.ts";
import { arithmetic } from "./arithmetic.ts";
import { indexOfRow } from "./losses.ts";
import { workgroupSize } from "./variant.ts";
import { storeSums, workgroupSums } from "./workgroupSums.ts";

export const nllParameters = {
  zero: "u32",
  rows: "u32",
  classes: "u32",
  inner: "u32",
  offset: "u32",
  outerStride: "u32",
  classStride: "u32",
  innerStride: "u32",
  targetOffset: "u32",
  ignoreLow: "u32",
  ignoreHigh: "u32",
  indexType: "u32",
  shiftPeriod: "u32",
  hasWeight: "u32",
  hasSampleWeight: "u32",
  hasUpstream: "u32",
  reduces: "u32",
  /** 1 if a row whose elements are all −∞ has a loss of 0. */
  clearsEmpty: "u32",
} as const;

const start = /* wgsl */ `
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let place = workgroup.y * workgroups.x + workgroup.x;
  let i = place * ${workgroupSize}u + thread;`;

const rowWeight = /* wgsl */ `
/** Returns the weight of a row with this class; 0 if it is ignored. */
fn weightOf(row: u32, index: i32) -> f32 {
  if (index < 0 || index >= i32(parameters.classes)) { return 0.0; }
  var own = 1.0;
  if (parameters.hasSampleWeight == 1u) { own = sampleWeight[row]; }
  if (parameters.hasWeight == 1u && own != 0.0) { own *= weight[index]; }
  return own;
}`;

/** The arrays that both kernels read. */
const inputs = /* wgsl */ `
@group(0) @binding(1) var<storage, read> input: array<u32>;
@group(0) @binding(2) var<storage, read> targets: array<u32>;
@group(0) @binding(3) var<storage, read> weight: array<f32>;
@group(0) @binding(4) var<storage, read> sampleWeight: array<f32>;`;

const emptyRow = /* wgsl */ `
/** Returns the place of a row's first element in the input. */
fn startOf(row: u32) -> u32 {
  return parameters.offset + (row / parameters.inner) * parameters.outerStride + (row % parameters.inner) * parameters.innerStride;
}
/** Returns whether the loss of a row is 0 because its elements are all −∞. */
fn isCleared(start: u32) -> bool {
  if (parameters.clearsEmpty == 0u) { return false; }
  for (var j = 0u; j < parameters.classes; j++) {
    if (input[start + j * parameters.classStride] != BITS_MINUS_INFINITY) { return false; }
  }
  return true;
}`;

/** Reads one element of each row: the losses, or their sum over a workgroup. */
export const nllKernel: Kernel = {
  key: "nll",
  bindings: ["read", "read", "read", "read", "write", "write"],
  code: () => /* wgsl */ `${arithmetic}
${inputs}
@group(0) @binding(5) var<storage, read_write> losses: array<u32>;
@group(0) @binding(6) var<storage, read_write> fault: array<atomic<u32>>;
${workgroupSums}
${indexOfRow}
${rowWeight}
${emptyRow}
@compute @workgroup_size(${workgroupSize})
fn main(${start}
  var bits = 0u;
  var own = 0.0;
  if (i < parameters.rows) {
    let index = targetOf(i);
    own = weightOf(i, index);
    let isKnown = index >= 0 && index < i32(parameters.classes);
    let isCounted = index != IGNORED && (parameters.hasSampleWeight == 0u || sampleWeight[i] != 0.0);
    if (isCounted && !isKnown) { atomicMin(&fault[0], i); bits = BITS_NAN; }
    if (own != 0.0) {
      let start = startOf(i);
      let x = input[start + u32(index) * parameters.classStride] ^ 0x80000000u;
      bits = x;
      if ((x & 0x7f800000u) != BITS_INFINITY) { bits = bitcast<u32>(own * bitcast<f32>(x)); }
      if (x == BITS_INFINITY && isCleared(start)) { bits = 0u; }
    }
    if (parameters.reduces == 0u) { losses[i] = select(bits, 0u, bits == 0x80000000u); }
  }
  if (parameters.reduces == 0u) { return; }
  let flag = flagOf(bits);
  let value = bitcast<f32>(select(0u, bits, flag == 0u));
  addOverWorkgroup(thread, vec4<f32>(value, 0.0, own, 0.0), flag);
  if (thread != 0u || place * ${workgroupSize}u >= parameters.rows) { return; }
${storeSums("losses", "place")}
}`,
};

/** Writes the gradient: minus the weight at the target, and 0 elsewhere. A thread writes four elements. */
export const nllGradientKernel: Kernel = {
  key: "nllGradient",
  bindings: ["read", "read", "read", "read", "read", "write"],
  code: () => /* wgsl */ `${arithmetic}
${inputs}
@group(0) @binding(5) var<storage, read> gradScale: array<f32>;
@group(0) @binding(6) var<storage, read_write> output: array<vec4<f32>>;
${indexOfRow}
${rowWeight}
${emptyRow}
@compute @workgroup_size(${workgroupSize})
fn main(${start}
  if (4u * i >= parameters.rows * parameters.classes) { return; }
  var results = vec4<f32>(0.0);
  var known = 0xffffffffu;
  var index = 0;
  for (var j = 0u; j < min(4u, parameters.rows * parameters.classes - 4u * i); j++) {
    let element = 4u * i + j;
    let inner = element % parameters.inner;
    let outer = element / parameters.inner;
    let row = (outer / parameters.classes) * parameters.inner + inner;
    // Neighbours along the class axis have one target.
    if (row != known) { index = targetOf(row); known = row; }
    if (i32(outer % parameters.classes) != index) { continue; }
    let own = weightOf(row, index);
    if (own == 0.0 || isCleared(startOf(row))) { continue; }
    results[j] = -own * gradScale[select(0u, row, parameters.hasUpstream == 1u)];
  }
  output[i] = results;
}`,
};
