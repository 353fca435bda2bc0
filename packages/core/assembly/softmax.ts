export { columnsOf, shortRowsOf } from "./lanes";
export { add, finish, maxOf, rowsOf } from "./rows";
export { temper } from "./temperature";
