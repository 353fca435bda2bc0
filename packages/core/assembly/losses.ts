// The entry of the module of the cross-entropy and its gradient (OPERATION 2), which has no temperature.
export { contiguousRows, rowMax, storeRowResult, sumExpMinusMax } from "./contiguousRows";
export { shortRows, stridedRows } from "./interleavedRows";
export {
  addCoefficients, clearCoefficients, contiguousSoftRows, finalizeSoftRow, setCoefficients, shortSoftRows,
  storeSoftGradient, stridedSoftRows,
} from "./softTargets";
