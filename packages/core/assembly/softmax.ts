// The entry of softmax, and by another KIND of logarithms.
export { columnsOf, shortRowsOf } from "./interleavedRows";
export { add, finish, maxOf, rowsOf } from "./contiguousRows";
export { temper } from "./temperature";
