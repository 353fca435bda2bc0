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
 * Reduces the maximum and the sums over the threads of a row, and gives the results to each of them. A tree in shared
 * memory serves every group; where a whole workgroup shares a row, subgroups reduce first.
 */
export function reductions(variant: RowVariant): string {
  const { group, subgroups } = variant;
  const members = summedMembers(variant);
  const struct = members.map(({ name, type }) => `${name}: ${type}`).join(", ");
  const sum = members.map(({ name, type }) =>
    type === "u32" ? `a.${name} + b.${name}` : `addPairs(a.${name}, b.${name})`,
  );
  const shuffled = members.map(({ name }) => `subgroupShuffleXor(value.${name}, distance)`);
  const reduce = subgroups ? reduceBySubgroups : reduceByTree;
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

function reduceByTree(name: string, type: string, group: number): string {
  if (group === 1) return `fn reduce${name}(value: ${type}) -> ${type} { return value; }`;
  return /* wgsl */ `
var<workgroup> shared${name}: array<${type}, ${workgroupSize}>;
fn reduce${name}(value: ${type}) -> ${type} {
  shared${name}[slot] = value;
  workgroupBarrier();
  for (var distance = ${group / 2}u; distance > 0u; distance /= 2u) {
    if (lane < distance) { shared${name}[slot] = combine${name}(shared${name}[slot], shared${name}[slot + distance]); }
    workgroupBarrier();
  }
  return shared${name}[slot - lane];
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
