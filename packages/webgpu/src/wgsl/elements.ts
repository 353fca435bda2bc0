import type { Kernel } from "../call.ts";
import { arithmetic } from "./arithmetic.ts";
import { workgroupSize } from "./variant.ts";
import { storeSums, workgroupSums } from "./workgroupSums.ts";

/** The number of elements that a thread computes: four vectors. */
export const elementsPerThread = 16;

export const elementParameters = {
  zero: "u32",
  count: "u32",
  inputOffset: "u32",
  targetOffset: "u32",
  /** The loss's own options. */
  a: "f32",
  b: "f32",
  c: "f32",
  hasWeight: "u32",
  hasPosWeight: "u32",
  hasSampleWeight: "u32",
  hasUpstream: "u32",
  reduces: "u32",
} as const;

/**
 * Makes the kernel of a loss of single elements.
 *
 * @param formula WGSL that sets `loss` and `slope`, its derivative by x, from x, the target t and posWeight.
 */
export function elementKernel(name: string, formula: string, withGradient: boolean): Kernel {
  return {
    key: `elements ${name} ${withGradient}`,
    bindings: [
      "read",
      "read",
      "read",
      "read",
      "read",
      "write",
      ...(withGradient ? (["write", "read"] as const) : []),
    ],
    code: () => source(formula, withGradient),
  };
}

function source(formula: string, withGradient: boolean): string {
  return /* wgsl */ `${arithmetic}
@group(0) @binding(1) var<storage, read> input: array<u32>;
@group(0) @binding(2) var<storage, read> targets: array<u32>;
@group(0) @binding(3) var<storage, read> weight: array<f32>;
@group(0) @binding(4) var<storage, read> posWeights: array<f32>;
@group(0) @binding(5) var<storage, read> sampleWeight: array<f32>;
@group(0) @binding(6) var<storage, read_write> losses: array<u32>;
${
  withGradient
    ? `@group(0) @binding(7) var<storage, read_write> output: array<u32>;
@group(0) @binding(8) var<storage, read> gradScale: array<f32>;`
    : ""
}
${workgroupSums}

fn isNanBits(bits: u32) -> bool { return (bits & 0x7fffffffu) > BITS_INFINITY; }
/** Returns log(1 + exp(x)) of a finite x. */
fn softplus(x: f32) -> f32 {
  return max(x, 0.0) + sumOfPair(logOnePlus(vec2<f32>(expOf(-abs(x)), 0.0)));
}
/** Returns 1 / (1 + exp(−x)). */
fn sigmoid(x: f32) -> f32 {
  let e = expOf(-abs(x));
  return divide(select(e, 1.0, x >= 0.0), 1.0 + e);
}
/** Returns log(x), also of a subnormal number if the device does not take it for 0. */
fn logOf(x: f32) -> f32 {
  if (x <= 0.0) { return bitcast<f32>(select(BITS_NAN, BITS_MINUS_INFINITY, x == 0.0) ^ parameters.zero); }
  if (x > 3.4028234e38) { return x; }
  if (x < 1.1754944e-38) { return sumOfPair(logOfPair(vec2<f32>(x * 16777216.0, 0.0))) - 16.635532; }
  return sumOfPair(logOfPair(vec2<f32>(x, 0.0)));
}

@compute @workgroup_size(${workgroupSize})
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let place = workgroup.y * workgroups.x + workgroup.x;
  var sum = vec2<f32>(0.0);
  var total = vec2<f32>(0.0);
  var flags = 0u;
  for (var step = 0u; step < ${elementsPerThread}u; step++) {
    let i = (place * ${elementsPerThread}u + step) * ${workgroupSize}u + thread;
    if (i >= parameters.count) { break; }
    let xBits = input[parameters.inputOffset + i];
    let tBits = targets[parameters.targetOffset + i];
    let x = bitcast<f32>(xBits);
    let t = bitcast<f32>(tBits);
    var posWeight = 1.0;
    if (parameters.hasPosWeight == 1u) { posWeight = posWeights[i]; }
    var own = 1.0;
    if (parameters.hasSampleWeight == 1u) { own = sampleWeight[i]; }
    var loss = 0.0;
    var slope = 0.0;
    /** Whether the slope is a number also where the input is NaN. */
    var keepsSlope = false;
    var lossBits = 0u;
    var slopeBits = 0u;
    // An element of weight 0 is ignored, whatever it is.
    if (own != 0.0) {
      ${formula}
      var factor = own;
      if (parameters.hasWeight == 1u) { factor *= weight[i]; }
      loss *= factor;
      slope *= factor;
      lossBits = bitcast<u32>(loss);
      ${
        withGradient
          ? `var scale = gradScale[0];
      if (parameters.hasUpstream == 1u) { scale = gradScale[i]; }
      slopeBits = bitcast<u32>(slope * scale);`
          : ""
      }
      if (isNanBits(xBits) || isNanBits(tBits)) { lossBits = BITS_NAN; slopeBits = select(BITS_NAN, slopeBits, keepsSlope); }
    }
    let flag = flagOf(lossBits);
    flags |= flag;
    if (flag == 0u) { sum = addToPair(sum, loss); }
    total = addToPair(total, own);
    if (parameters.reduces == 0u) { losses[i] = lossBits; }
    ${withGradient ? "output[i] = slopeBits;" : ""}
  }
  if (parameters.reduces == 0u) { return; }
  addOverWorkgroup(thread, vec4<f32>(sum, total), flags);
  if (thread != 0u || place * ${elementsPerThread * workgroupSize}u >= parameters.count) { return; }
${storeSums("losses", "place")}
}`;
}
