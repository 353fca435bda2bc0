import type { Kernel } from "../call.ts";
import { arithmetic } from "./arithmetic.ts";
import { loads } from "./loads.ts";
import { outputs } from "./outputs.ts";
import { partials } from "./partials.ts";
import { reductions } from "./reductions.ts";
import { statistics } from "./statistics.ts";
import {
  isOnePerRow,
  keyOfVariant,
  type RowVariant,
  rowBuffers,
  workgroupSize,
} from "./variant.ts";

/** Makes the kernel of a variant. */
export function rowKernel(variant: RowVariant): Kernel {
  return {
    key: keyOfVariant(variant),
    bindings: rowBuffers(variant).map(([, access]) => access),
    code: () =>
      [
        arithmetic,
        loads(variant),
        reductions(variant),
        statistics(variant),
        partials(variant),
        outputs(variant),
        entryPoint(variant),
      ].join("\n"),
  };
}

function entryPoint({
  group,
  interleaved,
  subgroups,
  result,
  fromPartials,
  blocked,
}: RowVariant): string {
  const rowsPerGroup = workgroupSize / group;
  const split = !blocked && (result === "partial" || (fromPartials && !isOnePerRow(result)));
  const row = `place * ${rowsPerGroup}u + local`;
  return /* wgsl */ `
@compute @workgroup_size(${workgroupSize})
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
  ${subgroups ? "@builtin(subgroup_size) size: u32, @builtin(subgroup_id) subgroup: u32, @builtin(subgroup_invocation_id) invocation: u32," : ""}
) {
  ${subgroups ? "subgroupSize = size; subgroupOf = subgroup; invocationOf = invocation;" : ""}
  let place = workgroup.y * workgroups.x + workgroup.x;
  let local = ${interleaved ? `thread % ${rowsPerGroup}u` : `thread / ${group}u`};
  lane = ${interleaved ? `thread / ${rowsPerGroup}u` : `thread % ${group}u`};
  slot = local * ${group}u + lane;
  ${
    split
      ? "let row = place / parameters.parts; let part = place % parameters.parts;"
      : blocked
        ? `let row = ${row} + parameters.firstRow; let part = parameters.block;`
        : `let row = ${row}; let part = 0u;`
  }
  let isActive = row < parameters.rows;
  ownsRow = lane == 0u && isActive;
  openRow(min(row, parameters.rows - 1u));
  let first = ${split ? "part * parameters.partVectors" : "0u"};
  let last = select(0u, ${split ? "min(vectorCount(), first + parameters.partVectors)" : "vectorCount()"}, isActive);
  ${fromPartials ? "joinPartials(min(row, parameters.rows - 1u));" : "scan(first, last); joinThreads();"}
  store(min(row, parameters.rows - 1u), part, first, last, isActive);
}`;
}
