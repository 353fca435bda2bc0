import { type RowVariant, workgroupSize } from "./variant.ts";

/** A sum that is reduced over the threads of a row. */
export interface SumMember {
  readonly name: string;
  readonly type: "u32" | "vec2<f32>";
}

/** Returns what a variant sums over the threads of a row. */
export function summedMembers({ entropy, coefficients }: RowVariant): SumMember[] {
  const pair = "vec2<f32>";
  const members: SumMember[] = [
    { name: "total", type: pair },
    { name: "ties", type: "u32" },
  ];
  if (entropy || coefficients !== "none") members.push({ name: "distance", type: pair });
  if (coefficients !== "none") {
    members.push({ name: "mass", type: pair });
    for (const name of ["isInfinite", "memberCount"]) members.push({ name, type: "u32" });
  }
  return members;
}

/**
 * Reduces the maximum and the sums over the threads of a row, and gives the results to each of them. Shared memory
 * serves every group; where a whole workgroup shares a row, subgroups reduce first.
 */
export function reductions(variant: RowVariant): string {
  const { group, subgroups } = variant;
  const members = summedMembers(variant);
  const struct = members.map(({ name, type }) => `${name}: ${type}`).join(", ");
  const sum = members.map(({ name, type }) =>
    type === "u32" ? `a.${name} + b.${name}` : `addPairs(a.${name}, b.${name})`,
  );
  const shuffled = members.map(({ name }) => `subgroupShuffleXor(value.${name}, distance)`);
  const reduce = subgroups ? reduceBySubgroups : reduceInSteps;
  return [
    `struct Sums { ${struct} }`,
    subgroups
      ? "var<private> subgroupSize: u32;\nvar<private> subgroupOf: u32;\nvar<private> invocationOf: u32;"
      : "",
    "fn combineMax(a: i32, b: i32) -> i32 { return max(a, b); }",
    `fn combineSums(a: Sums, b: Sums) -> Sums { return Sums(${sum.join(", ")}); }`,
    reduce("Max", "i32", group, "subgroupShuffleXor(value, distance)"),
    reduce("Sums", "Sums", group, `Sums(${shuffled.join(", ")})`),
  ].join("\n");
}

/** Some threads combine a few values each, and then each thread combines theirs: that is two steps for any group. */
function reduceInSteps(name: string, type: string, group: number): string {
  if (group === 1) return `fn reduce${name}(value: ${type}) -> ${type} { return value; }`;
  const threads = 2 ** Math.ceil(Math.log2(group) / 2);
  return /* wgsl */ `
var<workgroup> shared${name}: array<${type}, ${workgroupSize}>;
fn reduce${name}(value: ${type}) -> ${type} {
  shared${name}[slot] = value;
  workgroupBarrier();
  if (lane < ${threads}u) {
    var part = shared${name}[slot];
    for (var i = ${threads}u; i < ${group}u; i += ${threads}u) { part = combine${name}(part, shared${name}[slot + i]); }
    shared${name}[slot] = part;
  }
  workgroupBarrier();
  let first = slot - lane;
  var result = shared${name}[first];
  for (var i = 1u; i < ${threads}u; i++) { result = combine${name}(result, shared${name}[first + i]); }
  return result;
}`;
}

function reduceBySubgroups(name: string, type: string, _: number, shuffled: string): string {
  return /* wgsl */ `
var<workgroup> shared${name}: array<${type}, ${workgroupSize / 4}>;
fn reduce${name}(own: ${type}) -> ${type} {
  var value = own;
  for (var distance = 1u; distance < subgroupSize; distance *= 2u) {
    value = combine${name}(value, ${shuffled});
  }
  if (invocationOf == 0u) { shared${name}[subgroupOf] = value; }
  workgroupBarrier();
  value = shared${name}[0];
  for (var i = 1u; i < ${workgroupSize}u / subgroupSize; i++) { value = combine${name}(value, shared${name}[i]); }
  return value;
}`;
}
