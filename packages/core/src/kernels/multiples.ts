/** Rounds `length` up to a multiple of `multiple`. */
export function roundUp(length: number, multiple: number): number {
  return Math.ceil(length / multiple) * multiple;
}

/** Rounds `length` down to a multiple of `multiple`, but not to 0. */
export function roundDown(length: number, multiple: number): number {
  return Math.max(multiple, Math.floor(length / multiple) * multiple);
}
