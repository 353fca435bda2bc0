import type { Access } from "../call.ts";

/** The number of threads of a workgroup. */
export const workgroupSize = 256;

/** A row kernel computes one of these for each row. */
export type RowResult =
  | "logSumExp"
  | "softmax"
  | "logSoftmax"
  | "loss"
  | "gradient"
  | "entropy"
  /** The largest logits, sorted. A workgroup computes a row. */
  | "top"
  /** What the parts of long rows come to; another kernel joins them. */
  | "partial";

/** What distinguishes the kernels that are made from the one source. */
export interface RowVariant {
  readonly result: RowResult;
  /** Whether the row's statistics are those of its parts, which another kernel has computed. */
  readonly fromPartials: boolean;
  /** Whether four elements are read at once; each element on its own otherwise. */
  readonly vectors: boolean;
  readonly inputType: "float32" | "float16";
  /** Whether the entropy is among the statistics. */
  readonly entropy: boolean;
  /** How the logits become those that count. */
  readonly transform: "none" | "temperature" | "softcap";
  /** Whether every class has a coefficient (label smoothing, class probabilities). */
  readonly coefficients: "none" | "smoothing" | "probabilities";
  /** The number of threads that share a row. */
  readonly group: number;
  /** Whether the rows of a workgroup are neighbours in memory along the last axis. */
  readonly interleaved: boolean;
  readonly subgroups: boolean;
  /**
   * Whether the input is a block of the rows and classes of logits that are not in memory as a whole. The parts of a
   * row are then its blocks of classes; where they are joined, the logits of the last block are all that is left.
   */
  readonly blocked: boolean;
}

/** Names a variant. */
export function keyOfVariant(variant: RowVariant): string {
  return `rows ${JSON.stringify(variant)}`;
}

/** The buffers of a row kernel in the order of their bindings. */
export type RowBuffer =
  | "input"
  | "partials"
  | "output"
  | "targets"
  | "weight"
  | "sampleWeight"
  | "losses"
  | "gradScale"
  | "fault"
  | "indices"
  | "candidates"
  | "joined";

export function rowBuffers({
  result,
  fromPartials,
  coefficients,
  blocked,
}: RowVariant): [RowBuffer, Access][] {
  const isLoss = result === "loss" || result === "gradient";
  const joinsBlocks = blocked && result === "loss";
  const buffers: [RowBuffer, Access][] = [["input", "read"]];
  if (fromPartials) buffers.push(["partials", "read"]);
  if (result !== "loss") buffers.push(["output", "write"]);
  if (isLoss || blocked || coefficients !== "none") {
    buffers.push(["targets", "read"], ["weight", "read"]);
  }
  // A device need not have more than eight buffers: of split rows, another kernel stores the losses.
  if (isLoss && !(result === "gradient" && fromPartials)) {
    buffers.push(["losses", "write"], ["fault", "write"]);
  }
  if (isLoss) buffers.push(["sampleWeight", "read"]);
  if (result === "gradient") buffers.push(["gradScale", "read"]);
  if (joinsBlocks) buffers.push(["joined", "write"]);
  if (result === "top") buffers.push(["indices", "write"], ["candidates", "write"]);
  return buffers;
}

/** The parameters of a row kernel and their types. */
export const rowParameters = {
  zero: "u32",
  rows: "u32",
  classes: "u32",
  inner: "u32",
  offset: "u32",
  outerStride: "u32",
  classStride: "u32",
  innerStride: "u32",
  /** The number of parts of a row, and the number of vectors in each. */
  parts: "u32",
  partVectors: "u32",
  /** The reciprocal of the temperature as a pair; the softcap and its reciprocal. */
  scale: "f32",
  scaleLow: "f32",
  inverse: "f32",
  inverseLow: "f32",
  /** The bits of the results of a row in which every logit is −∞. */
  emptyBits: "u32",
  targetOffset: "u32",
  /** The words of the index of ignored rows, as a 64-bit integer. */
  ignoreLow: "u32",
  ignoreHigh: "u32",
  /** 1 − ε, and ε / C or, if masked classes are skipped, ε. */
  kept: "f32",
  spread: "f32",
  zLoss: "f32",
  // Which parts of a call there are: a number for true or false.
  hasWeight: "u32",
  hasSampleWeight: "u32",
  hasUpstream: "u32",
  skipsMasked: "u32",
  /** Whether the losses of a workgroup are added, or stored one by one. */
  reduces: "u32",
  /** The type of class indices: 0 for int32, 1 for uint32, 2 for float32, 3 for int64. */
  indexType: "u32",
  /** The number of positions of a text, if each is scored against the next id; else 0. */
  shiftPeriod: "u32",
  /** The sign bit of results that are stored one by one: log-probabilities instead of losses. */
  signBit: "u32",
  /** The number of largest logits, and the power of two that has room for them. */
  k: "u32",
  candidateCount: "u32",
  /** The first row of a block, its first class, and its place among the blocks of its rows. */
  firstRow: "u32",
  classOffset: "u32",
  block: "u32",
  /** The number of classes of all blocks. */
  vocabulary: "u32",
  /** The place of the sums of the block's first rows. */
  sumPlace: "u32",
} as const;

/** Returns whether a row has one result, or a few, instead of one for each of its elements. */
export function isOnePerRow(result: RowResult): boolean {
  return result === "loss" || result === "logSumExp" || result === "entropy" || result === "top";
}

export type RowParameters = Record<keyof typeof rowParameters, number>;
