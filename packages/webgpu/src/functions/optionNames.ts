// Options that only the functions of other packages have.
import type { OtherName } from "@surprisal/core/authoring";

/** Advice on `differentiate`, for functions with one gradient. */
export const noDifferentiate: OtherName = [
  /^differentiate$/,
  "gradOutput",
  "leave it out: the only gradient is that of the input",
];
