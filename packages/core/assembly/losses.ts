// The entry of the module of the cross-entropy and its gradient (OPERATION 2), which has no temperature.
export { stridedRows as columnsOf, shortRows as shortRowsOf } from "./interleavedRows";
export { sumExpMinusMax as add, storeRowResult as finish, rowMax as maxOf, contiguousRows as rowsOf } from "./contiguousRows";
