export { type Claim, type Example, holds, readExamples, runExample } from "./examples.ts";
export { magnitude, readFixtures, relativeError } from "./fixtures.ts";
export { type GridRow, gridRows, gridSizes } from "./grid.ts";
export { type Random, random } from "./random.ts";
export {
  exactReference,
  exactWeightedLogSumExp,
  float64Reference,
  missOfExp,
  type Reference,
} from "./reference.ts";
export { compileProject } from "./typescript.ts";
export { maxUlp, ulpAt } from "./ulp.ts";
