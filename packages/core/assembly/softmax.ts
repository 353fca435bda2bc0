// The entry of two modules: softmax (OPERATION 0), and logSoftmax with logSumExp (OPERATION 1).
export { contiguousRows, rowMax, storeRowResult, sumExpMinusMax } from "./contiguousRows";
export { shortRows, stridedRows } from "./interleavedRows";
export { setTemperature } from "./temperature";
