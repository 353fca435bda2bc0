import { placesOf } from "../broadcast.ts";
import type { Kernel } from "../call.ts";
import type { GpuType } from "../tensorTypes.ts";
import { arithmetic } from "./arithmetic.ts";
import { widenHalf } from "./loads.ts";
import { workgroupSize } from "./variant.ts";

export const copyParameters = {
  zero: "u32",
  count: "u32",
  /** The number of positions of a text whose last one becomes 0; 0 if every element is copied. */
  period: "u32",
  offset0: "u32",
  offset1: "u32",
} as const;

/** What distinguishes the kernels that copy elements. */
export interface CopyVariant {
  /** The types of the tensors that are copied: of one, or of two that are multiplied. */
  readonly types: readonly GpuType[];
  /** Whether the copy has float32 elements; else it has the type of its source. */
  readonly toFloats: boolean;
  readonly axes: number;
}

/** Makes the kernel that copies elements to a row-major array, or multiplies those of two tensors. */
export function copyKernel(variant: CopyVariant): Kernel {
  const { types, toFloats, axes } = variant;
  const names = types.map((_, i) => `place${i}`);
  const isPair = !toFloats && types[0] === "int64";
  const store = toFloats
    ? `output[i] = ${
        types.length === 1
          ? "load0(place0)"
          : "bitcast<u32>(bitcast<f32>(load0(place0)) * bitcast<f32>(load1(place1)))"
      };`
    : isPair
      ? "output[2u * i] = source0[2u * place0]; output[2u * i + 1u] = source0[2u * place0 + 1u];"
      : "output[i] = source0[place0];";
  return {
    key: `copy ${JSON.stringify(variant)}`,
    bindings: [...types.map(() => "read" as const), "write"],
    code: () => /* wgsl */ `${arithmetic}
${types.map((_, i) => `@group(0) @binding(${i + 1}) var<storage, read> source${i}: array<u32>;`).join("\n")}
@group(0) @binding(${types.length + 1}) var<storage, read_write> output: array<u32>;
${widenHalf}
${types.includes("int64") ? floatOfWords : ""}
${types.map((type, i) => `fn load${i}(place: u32) -> u32 { ${loads[type].replaceAll("SOURCE", `source${i}`)} }`).join("\n")}

@compute @workgroup_size(${workgroupSize})
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let i = (workgroup.y * workgroups.x + workgroup.x) * ${workgroupSize}u + thread;
  if (i >= parameters.count) { return; }
  if (parameters.period > 0u && i % parameters.period == parameters.period - 1u) {
    output[i] = 0u;
    return;
  }
  ${placesOf("i", axes, "axis", names)}
  ${names.map((name, i) => `${name} += parameters.offset${i};`).join(" ")}
  ${store}
}`,
  };
}

/** Statements that return the bits of an element as a float32. */
const loads: Readonly<Record<GpuType, string>> = {
  float32: "return SOURCE[place];",
  float16: "return widen((SOURCE[place / 2u] >> (16u * (place & 1u))) & 0xffffu);",
  int32: "return bitcast<u32>(f32(bitcast<i32>(SOURCE[place])));",
  uint32: "return bitcast<u32>(f32(SOURCE[place]));",
  int64: "return bitcast<u32>(floatOfWords(SOURCE[2u * place], SOURCE[2u * place + 1u]));",
};

/** WGSL that converts an int64, given as its words. The words of a small negative one are large: they are negated first. */
const floatOfWords = /* wgsl */ `
fn floatOfWords(low: u32, high: u32) -> f32 {
  if (high < 0x80000000u) { return f32(high) * 4294967296.0 + f32(low); }
  let negatedLow = ~low + 1u;
  let negatedHigh = ~high + select(0u, 1u, low == 0u);
  return -(f32(negatedHigh) * 4294967296.0 + f32(negatedLow));
}`;
