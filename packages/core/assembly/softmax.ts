// The entry of two modules: softmax (OPERATION 0), and logSoftmax with logSumExp (OPERATION 1).
export { stridedRows as columnsOf, shortRows as shortRowsOf } from "./interleavedRows";
export { sumExpMinusMax as add, storeRowResult as finish, rowMax as maxOf, contiguousRows as rowsOf } from "./contiguousRows";
export { setTemperature as temper } from "./temperature";
