import type { Kernel } from "../call.ts";
import { arithmetic } from "./arithmetic.ts";
import { workgroupSize } from "./variant.ts";

export const backwardParameters = {
  zero: "u32",
  rows: "u32",
  classes: "u32",
  inner: "u32",
  gradOffset: "u32",
  outputOffset: "u32",
} as const;

/**
 * Makes the kernel of a backward function. `group` threads share a row. Products and sums are pairs, so that the
 * difference is as exact as its larger term.
 */
export function backwardKernel(
  functionName: "softmaxBackward" | "logSoftmaxBackward",
  group: number,
  interleaved: boolean,
): Kernel {
  const isLog = functionName === "logSoftmaxBackward";
  const rowsPerGroup = workgroupSize / group;
  const threads = 2 ** Math.ceil(Math.log2(group) / 2);
  return {
    key: `${functionName} ${group} ${interleaved}`,
    bindings: ["read", "read", "write"],
    code: () => /* wgsl */ `${arithmetic}
@group(0) @binding(1) var<storage, read> gradOutput: array<f32>;
@group(0) @binding(2) var<storage, read> output: array<f32>;
@group(0) @binding(3) var<storage, read_write> result: array<f32>;
var<workgroup> sums: array<vec2<f32>, ${workgroupSize}>;

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
  let end = select(0u, parameters.classes, row < parameters.rows);
  let start = (row / parameters.inner) * parameters.classes * parameters.inner + row % parameters.inner;
  var own = vec2<f32>(0.0);
  for (var j = lane; j < end; j += ${group}u) {
    let place = start + j * parameters.inner;
    let g = gradOutput[parameters.gradOffset + place];
    ${
      isLog
        ? "own = addToPair(own, g);"
        : "own = addPairs(own, twoProduct(g, output[parameters.outputOffset + place]));"
    }
  }
  sums[slot] = own;
  workgroupBarrier();
  if (lane < ${threads}u) {
    for (var i = ${threads}u; i < ${group}u; i += ${threads}u) { own = addPairs(own, sums[slot + i]); }
    sums[slot] = own;
  }
  workgroupBarrier();
  var sum = sums[slot - lane];
  for (var i = 1u; i < ${threads}u; i++) { sum = addPairs(sum, sums[slot - lane + i]); }
  for (var j = lane; j < end; j += ${group}u) {
    let place = start + j * parameters.inner;
    let g = gradOutput[parameters.gradOffset + place];
    let y = output[parameters.outputOffset + place];
    ${
      isLog
        ? "let e = expPair(vec2<f32>(y, 0.0));\n    result[place] = sumOfPair(addToPair(-multiplyPairs(sum, scalePairByPower(e.pair, e.exponent)), g));"
        : "result[place] = scalePair(addToPair(-sum, g), y).x;"
    }
  }
}`,
  };
}
