// The entry of softmax, and by another KIND of logarithms.
export { columnsOf, shortRowsOf } from "./lanes";
export { add, finish, maxOf, rowsOf } from "./rows";
export { temper } from "./temperature";
