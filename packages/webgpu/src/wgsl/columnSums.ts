import type { Kernel } from "../call.ts";
import { arithmetic } from "./arithmetic.ts";
import { workgroupSize } from "./variant.ts";

export const columnSumParameters = {
  zero: "u32",
  rows: "u32",
  columns: "u32",
  stride: "u32",
  outputOffset: "u32",
  accumulates: "u32",
} as const;

/** Adds the rows of a matrix: a thread adds a column, as a pair. */
export const columnSumsKernel: Kernel = {
  key: "columnSums",
  bindings: ["read", "write"],
  code: () => /* wgsl */ `${arithmetic}
@group(0) @binding(1) var<storage, read> matrix: array<f32>;
@group(0) @binding(2) var<storage, read_write> output: array<f32>;

@compute @workgroup_size(${workgroupSize})
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let column = (workgroup.y * workgroups.x + workgroup.x) * ${workgroupSize}u + thread;
  if (column >= parameters.columns) { return; }
  let to = parameters.outputOffset + column;
  var sum = vec2<f32>(0.0);
  if (parameters.accumulates == 1u) { sum.x = output[to]; }
  for (var row = 0u; row < parameters.rows; row++) {
    sum = addToPair(sum, matrix[row * parameters.stride + column]);
  }
  output[to] = sumOfPair(sum);
}`,
};
