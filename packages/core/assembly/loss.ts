export { columnsOf, shortRowsOf } from "./lanes";
export { rowsOf, scale, survey } from "./rows";
