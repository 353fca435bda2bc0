import { placesOf } from "../broadcast.ts";
import type { Kernel } from "../call.ts";
import { arithmetic } from "./arithmetic.ts";
import { workgroupSize } from "./variant.ts";

export const repeatParameters = {
  zero: "u32",
  /** The number of sums, and that of terms of each. */
  count: "u32",
  terms: "u32",
} as const;

/**
 * Makes the kernel that adds the gradients of an element that is repeated. `group` threads add one sum: 1, or a
 * workgroup. Sums are pairs; a sum that is not finite is added as it is.
 *
 * @param kept the number of axes of the sums.
 * @param repeated the number of axes that are summed.
 */
export function repeatSumsKernel(kept: number, repeated: number, group: number): Kernel {
  return {
    key: `repeatSums ${kept} ${repeated} ${group}`,
    bindings: ["read", "write"],
    code: () => /* wgsl */ `${arithmetic}
@group(0) @binding(1) var<storage, read> gradients: array<f32>;
@group(0) @binding(2) var<storage, read_write> output: array<f32>;
${group > 1 ? `var<workgroup> sums: array<vec3<f32>, ${workgroupSize}>;` : ""}

fn addSums(a: vec3<f32>, b: vec3<f32>) -> vec3<f32> { return vec3<f32>(addPairs(a.xy, b.xy), a.z + b.z); }

@compute @workgroup_size(${workgroupSize})
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let place = workgroup.y * workgroups.x + workgroup.x;
  let i = ${group > 1 ? "place" : `place * ${workgroupSize}u + thread`};
  ${group > 1 ? "" : "if (i >= parameters.count) { return; }"}
  ${placesOf("i", kept, "kept", ["start"])}
  // The pair, and the sum as it is.
  var sum = vec3<f32>(0.0);
  for (var j = ${group > 1 ? "thread" : "0u"}; j < parameters.terms; j += ${group}u) {
    ${placesOf("j", repeated, "repeated", ["distance"])}
    let term = gradients[start + distance];
    sum = vec3<f32>(addToPair(sum.xy, term), sum.z + term);
  }
  ${group > 1 ? joinThreads : ""}
  let isFinite = (bitcast<u32>(sum.z) & 0x7f800000u) != BITS_INFINITY;
  output[i] = select(sum.z, sumOfPair(sum.xy), isFinite);
}`,
  };
}

const side = Math.sqrt(workgroupSize);

const joinThreads = /* wgsl */ `
  sums[thread] = sum;
  workgroupBarrier();
  if (thread < ${side}u) {
    for (var j = thread + ${side}u; j < ${workgroupSize}u; j += ${side}u) { sum = addSums(sum, sums[j]); }
    sums[thread] = sum;
  }
  workgroupBarrier();
  if (thread != 0u || i >= parameters.count) { return; }
  for (var j = 1u; j < ${side}u; j++) { sum = addSums(sum, sums[j]); }`;
