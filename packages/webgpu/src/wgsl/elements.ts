import { placesOf } from "../broadcast.ts";
import type { Access, Kernel } from "../call.ts";
import { arithmetic } from "./arithmetic.ts";
import { workgroupSize } from "./variant.ts";
import { storeSums, workgroupSums } from "./workgroupSums.ts";

/** The number of elements that a thread computes: four vectors. */
export const elementsPerThread = 16;

export const elementParameters = {
  zero: "u32",
  count: "u32",
  inputsOffset: "u32",
  targetsOffset: "u32",
  sampleWeightsOffset: "u32",
  weightsOffset: "u32",
  posWeightsOffset: "u32",
  /** The loss's own options. */
  a: "f32",
  b: "f32",
  c: "f32",
  hasUpstream: "u32",
  reduces: "u32",
} as const;

/** Numbers of single elements that a call may have. */
export type ElementWeight = "sampleWeight" | "weight" | "posWeight";

/** What distinguishes the kernels of losses of single elements. */
export interface ElementVariant {
  readonly name: string;
  /** Sets `loss`, `slope` and `targetSlope` from x, from the target t and from posWeight. */
  readonly formula: string;
  readonly storesLosses: boolean;
  readonly gradients: readonly ("input" | "target")[];
  readonly weights: readonly ElementWeight[];
  /** The number of axes at whose distances arrays are read; 0 if all elements are adjacent. */
  readonly axes: number;
  /** Whether four elements are read at once. */
  readonly vectors: boolean;
}

/** The buffers of a kernel of single elements in the order of their bindings. */
export function elementBuffers(variant: ElementVariant): [name: string, access: Access][] {
  const { storesLosses, gradients, weights } = variant;
  const buffers: [string, Access][] = [
    ["inputs", "read"],
    ["targets", "read"],
    ...weights.map((name): [string, Access] => [`${name}s`, "read"]),
  ];
  if (storesLosses) buffers.push(["losses", "write"]);
  for (const name of gradients) buffers.push([`${name}Gradient`, "write"]);
  if (gradients.length > 0) buffers.push(["gradScale", "read"]);
  return buffers;
}

/** Names the arrays that have one number per element, in the order of their distances. */
export function arraysOf(weights: readonly ElementWeight[]): string[] {
  return ["inputs", "targets", ...weights.map((name) => `${name}s`)];
}

/** Makes the kernel of a loss of single elements. */
export function elementKernel(variant: ElementVariant): Kernel {
  const { formula: _, ...rest } = variant;
  return {
    key: `elements ${JSON.stringify(rest)}`,
    bindings: elementBuffers(variant).map(([, access]) => access),
    code: () => source(variant),
  };
}

function source(variant: ElementVariant): string {
  const { storesLosses, vectors } = variant;
  const declarations = elementBuffers(variant).map(([name, access], i) => {
    const isFloat = name.endsWith("eights") || name === "gradScale";
    const element = isFloat ? "f32" : "u32";
    const type = vectors && name !== "losses" ? `vec4<${element}>` : element;
    return `@group(0) @binding(${i + 1}) var<storage, ${access === "read" ? "read" : "read_write"}> ${name}: array<${type}>;`;
  });
  return /* wgsl */ `${arithmetic}
${declarations.join("\n")}
${workgroupSums}
${functions}
const HAS_POS_WEIGHT = ${variant.weights.includes("posWeight")};
var<private> sum: vec2<f32>;
var<private> total: vec2<f32>;
/** The sums of elements that the two before have no room for. */
var<private> others: LossSums;
/** ${elementsPerThread} numbers below 2^96 add up to less than 2^100. */
const ORDINARY = 7.9228163e28;

/** Computes an element's loss, adds it to the sums, and returns its bits and those of its slopes. */
fn elementOf(xBits: u32, tBits: u32, own: f32, weight: f32, posWeight: f32, scale: f32) -> vec3<u32> {
  let x = bitcast<f32>(xBits);
  let t = bitcast<f32>(tBits);
  var loss = 0.0;
  var slope = 0.0;
  var targetSlope = 0.0;
  // Whether the loss and its slopes are numbers also where the input or the target is NaN.
  var keepsLoss = false;
  var keepsSlope = false;
  var keepsTargetSlope = false;
  var bits = vec3<u32>(0u);
  // An element of weight 0 is ignored, whatever it is.
  if (own != 0.0 && weight != 0.0) {
    ${variant.formula}
    let factor = own * weight;
    bits = bitcast<vec3<u32>>(vec3<f32>(loss, slope * scale, targetSlope * scale) * factor);
    if (isNanBits(xBits) || isNanBits(tBits)) {
      bits = select(bits, vec3<u32>(BITS_NAN), !vec3<bool>(keepsLoss, keepsSlope, keepsTargetSlope));
    }
  }
  let flag = flagOf(bits.x);
  let finite = bitcast<f32>(select(0u, bits.x, flag == 0u));
  if (flag == 0u && abs(finite) < ORDINARY && abs(own) < ORDINARY) {
    sum = addToPair(sum, finite);
    total = addToPair(total, own);
  } else {
    others = addLossSums(others, LossSums(vec4<f32>(finite, 0.0, own, 0.0), flag));
  }
  return bits;
}

@compute @workgroup_size(${workgroupSize})
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let place = workgroup.y * workgroups.x + workgroup.x;
  ${vectors ? vectorLoop(variant) : elementLoop(variant)}
  ${
    storesLosses
      ? `if (parameters.reduces == 0u) { return; }
  let sums = addLossSums(others, LossSums(vec4<f32>(sum, total), 0u));
  addOverWorkgroup(thread, sums.numbers, sums.flags);
  if (thread != 0u || place * ${elementsPerThread * workgroupSize}u >= parameters.count) { return; }
${storeSums("losses", "place")}`
      : ""
  }
}`;
}

function elementLoop({ storesLosses, gradients, weights, axes }: ElementVariant): string {
  const arrays = arraysOf(weights);
  const places = arrays.map((array) => `${array}Place`);
  const elementOf = (array: string) => `${array}[parameters.${array}Offset + ${array}Place]`;
  const numberOf = (name: ElementWeight) =>
    weights.includes(name) ? elementOf(`${name}s`) : "1.0";
  return /* wgsl */ `for (var step = 0u; step < ${elementsPerThread}u; step++) {
    let i = (place * ${elementsPerThread}u + step) * ${workgroupSize}u + thread;
    if (i >= parameters.count) { break; }
    ${
      axes === 0
        ? places.map((place) => `let ${place} = i;`).join(" ")
        : placesOf("i", axes, "axis", places)
    }
    var scale = 1.0;
    ${gradients.length > 0 ? "scale = gradScale[select(0u, i, parameters.hasUpstream == 1u)];" : ""}
    let bits = elementOf(${elementOf("inputs")}, ${elementOf("targets")},
      ${numberOf("sampleWeight")}, ${numberOf("weight")}, ${numberOf("posWeight")}, scale);
    ${storesLosses ? "if (parameters.reduces == 0u) { losses[i] = bits.x; }" : ""}
    ${gradients.map((name) => `${name}Gradient[i] = bits.${slopeOf[name]};`).join(" ")}
  }`;
}

const slopeOf = { input: "y", target: "z" } as const;

function vectorLoop({ storesLosses, gradients, weights }: ElementVariant): string {
  const numberOf = (name: ElementWeight) => (weights.includes(name) ? `${name}Four[i]` : "1.0");
  return /* wgsl */ `for (var step = 0u; step < ${elementsPerThread / 4}u; step++) {
    let vector = (place * ${elementsPerThread / 4}u + step) * ${workgroupSize}u + thread;
    let first = 4u * vector;
    if (first >= parameters.count) { break; }
    let xs = inputs[parameters.inputsOffset / 4u + vector];
    let ts = targets[parameters.targetsOffset / 4u + vector];
    ${weights.map((name) => `let ${name}Four = ${name}s[parameters.${name}sOffset / 4u + vector];`).join(" ")}
    var scales = vec4<f32>(1.0);
    ${
      gradients.length > 0
        ? `if (parameters.hasUpstream == 1u) { scales = gradScale[vector]; } else { scales = vec4<f32>(gradScale[0].x); }`
        : ""
    }
    ${gradients.map((name) => `var ${name}Slopes = vec4<u32>(0u);`).join(" ")}
    for (var i = 0u; i < min(4u, parameters.count - first); i++) {
      let bits = elementOf(xs[i], ts[i], ${numberOf("sampleWeight")}, ${numberOf("weight")}, ${numberOf("posWeight")}, scales[i]);
      ${storesLosses ? "if (parameters.reduces == 0u) { losses[first + i] = bits.x; }" : ""}
      ${gradients.map((name) => `${name}Slopes[i] = bits.${slopeOf[name]};`).join(" ")}
    }
    ${gradients.map((name) => `${name}Gradient[vector] = ${name}Slopes;`).join(" ")}
  }`;
}

const functions = /* wgsl */ `
fn isNanBits(bits: u32) -> bool { return (bits & 0x7fffffffu) > BITS_INFINITY; }
/** Returns the slope, or NaN if the error is NaN: min, max and sign may return a number for it. */
fn keepNan(error: f32, slope: f32) -> f32 { return select(slope, error, isNanBits(bitcast<u32>(error))); }
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
}`;
