export { lanesOf } from "./lanes";
export { find, log1p, maxOf, rowsOf, scale, subtract, sum, terms, topTerm } from "./rows";
