export { columnsOf, shortRowsOf } from "./interleavedRows";
export { add, finish, maxOf, rowsOf } from "./contiguousRows";
