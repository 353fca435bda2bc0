import type { Kernel } from "../call.ts";
import { arithmetic } from "./arithmetic.ts";
import { four } from "./outputs.ts";
import { workgroupSize } from "./variant.ts";

export const backwardParameters = {
  zero: "u32",
  rows: "u32",
  classes: "u32",
  inner: "u32",
  gradOffset: "u32",
  outputOffset: "u32",
} as const;

/** What distinguishes the kernels of backward functions. */
export interface BackwardVariant {
  readonly functionName: "softmaxBackward" | "logSoftmaxBackward";
  /** The number of threads that share a row. */
  readonly group: number;
  /** Whether the rows of a workgroup are neighbours in memory along the last axis. */
  readonly interleaved: boolean;
  /** Whether four elements are read and written at once. */
  readonly vectors: boolean;
}

/**
 * Makes the kernel of a backward function. Products and sums are pairs, so that the difference is as exact as its
 * larger term.
 */
export function backwardKernel(variant: BackwardVariant): Kernel {
  return {
    key: `backward ${JSON.stringify(variant)}`,
    bindings: ["read", "read", "write"],
    code: () => source(variant),
  };
}

function source({ functionName, group, interleaved, vectors }: BackwardVariant): string {
  const isLog = functionName === "logSoftmaxBackward";
  const rowsPerGroup = workgroupSize / group;
  const threads = 2 ** Math.ceil(Math.log2(group) / 2);
  const type = vectors ? "vec4<f32>" : "f32";
  return /* wgsl */ `${arithmetic}
@group(0) @binding(1) var<storage, read> gradOutput: array<${type}>;
@group(0) @binding(2) var<storage, read> output: array<${type}>;
${vectors ? four("f32") : ""}
@group(0) @binding(3) var<storage, read_write> result: array<${vectors ? "Four" : "f32"}>;
var<workgroup> sums: array<vec2<f32>, ${workgroupSize}>;

fn addTerm(sum: vec2<f32>, g: f32, y: f32) -> vec2<f32> {
  ${isLog ? "return addToPair(sum, g);" : "return addPairs(sum, twoProduct(g, y));"}
}
fn resultOf(sum: vec2<f32>, g: f32, y: f32) -> f32 {
  ${
    isLog
      ? `let e = expPair(vec2<f32>(y, 0.0));
  return sumOfPair(addToPair(-multiplyPairs(sum, scalePairByPower(e.pair, e.exponent)), g));`
      : "return scalePair(addToPair(-sum, g), y).x;"
  }
}

@compute @workgroup_size(${workgroupSize})
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let local = ${interleaved ? `thread % ${rowsPerGroup}u` : `thread / ${group}u`};
  let lane = ${interleaved ? `thread / ${rowsPerGroup}u` : `thread % ${group}u`};
  let slot = local * ${group}u + lane;
  let row = (workgroup.y * workgroups.x + workgroup.x) * ${rowsPerGroup}u + local;
  let isActive = row < parameters.rows;
  var own = vec2<f32>(0.0);
  ${vectors ? vectorSums(group, isLog) : elementSums(group, isLog)}
  sums[slot] = own;
  workgroupBarrier();
  if (lane < ${threads}u) {
    for (var i = ${threads}u; i < ${group}u; i += ${threads}u) { own = addPairs(own, sums[slot + i]); }
    sums[slot] = own;
  }
  workgroupBarrier();
  var sum = sums[slot - lane];
  for (var i = 1u; i < ${threads}u; i++) { sum = addPairs(sum, sums[slot - lane + i]); }
  ${vectors ? vectorResults(group) : elementResults(group)}
}`;
}

/** Adds the terms of a row. The gradient of logSoftmax needs its output for the results only. */
const elementSums = (
  group: number,
  isLog: boolean,
) => /* wgsl */ `let end = select(0u, parameters.classes, isActive);
  let start = (row / parameters.inner) * parameters.classes * parameters.inner + row % parameters.inner;
  for (var j = lane; j < end; j += ${group}u) {
    let place = start + j * parameters.inner;
    own = addTerm(own, gradOutput[parameters.gradOffset + place], ${isLog ? "0.0" : "output[parameters.outputOffset + place]"});
  }`;

const elementResults = (group: number) => /* wgsl */ `for (var j = lane; j < end; j += ${group}u) {
    let place = start + j * parameters.inner;
    result[place] = resultOf(sum, gradOutput[parameters.gradOffset + place], output[parameters.outputOffset + place]);
  }`;

/** The same in vectors of the buffers: the first and the last of a row may hold elements of its neighbours. */
const vectorSums = (
  group: number,
  isLog: boolean,
) => /* wgsl */ `let start = row * parameters.classes;
  let end = start + parameters.classes;
  let last = select(0u, (end + 3u) / 4u, isActive);
  let gradFirst = parameters.gradOffset / 4u;
  let outputFirst = parameters.outputOffset / 4u;
  for (var vector = start / 4u + lane; vector < last; vector += ${group}u) {
    let g = gradOutput[gradFirst + vector];
    let y = ${isLog ? "vec4<f32>(0.0)" : "output[outputFirst + vector]"};
    for (var i = 0u; i < 4u; i++) {
      let place = 4u * vector + i;
      if (place >= start && place < end) { own = addTerm(own, g[i], y[i]); }
    }
  }`;

const vectorResults = (
  group: number,
) => /* wgsl */ `for (var vector = start / 4u + lane; vector < last; vector += ${group}u) {
    let g = gradOutput[gradFirst + vector];
    let y = output[outputFirst + vector];
    var r = vec4<f32>(0.0);
    for (var i = 0u; i < 4u; i++) { r[i] = resultOf(sum, g[i], y[i]); }
    let places = vec4<u32>(4u * vector) + vec4<u32>(0u, 1u, 2u, 3u);
    let inside = (places >= vec4<u32>(start)) & (places < vec4<u32>(end));
    if (all(inside)) { result[vector] = Four(r.x, r.y, r.z, r.w); continue; }
    if (inside.x) { result[vector].x = r.x; }
    if (inside.y) { result[vector].y = r.y; }
    if (inside.z) { result[vector].z = r.z; }
    if (inside.w) { result[vector].w = r.w; }
  }`;
