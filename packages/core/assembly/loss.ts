export { columnsOf, shortRowsOf } from "./lanes";
export { rowsOf, scale, subtract, survey } from "./rows";
