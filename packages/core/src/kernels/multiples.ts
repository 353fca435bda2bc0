/** Returns the least multiple that is not less. */
export function roundUp(length: number, multiple: number): number {
  return Math.ceil(length / multiple) * multiple;
}

/** Returns the largest multiple that is not more, but not 0. */
export function roundDown(length: number, multiple: number): number {
  return Math.max(multiple, Math.floor(length / multiple) * multiple);
}
