// What threads compute. An operation on rows becomes one for all threads by an entry here and a
// function in backend.ts.
import {
  crossEntropyKernel,
  type Layout,
  logSoftmaxBackwardKernel,
  logSoftmaxKernel,
  logSumExpKernel,
  softmaxBackwardKernel,
  softmaxKernel,
} from "@surprisal/core/authoring";

/** The numbers of a block's rows. */
export interface RowNumbers {
  readonly targets: Int32Array;
  readonly gradScale: Float64Array;
  readonly values: Float64Array;
}

/** One block, or a whole call. Arrays are contiguous; the output may be the first input. */
export interface Operands {
  readonly inputs: readonly Float32Array[];
  readonly output: Float32Array | undefined;
  readonly layout: Layout;
  readonly temperature: number;
  readonly empty: number;
  readonly rows: RowNumbers | undefined;
}

export type Operation = (operands: Operands) => void;

/** The operations by their number in a job. */
export const operations: readonly Operation[] = [
  ({ inputs: [x], output: out = none, layout, temperature, empty }) =>
    softmaxKernel(x, out, layout, temperature, empty),
  ({ inputs: [x], output: out = none, layout, temperature, empty }) =>
    logSoftmaxKernel(x, out, layout, temperature, empty),
  ({ inputs: [g, y], output: out = none, layout }) => softmaxBackwardKernel(g, y, out, layout),
  ({ inputs: [g, y], output: out = none, layout }) => logSoftmaxBackwardKernel(g, y, out, layout),
  ({ inputs: [x], layout, rows = noRows }) => logSumExpKernel(x, rows.values, layout),
  ({ inputs: [x], output, layout, rows = noRows }) => {
    const rowData = {
      load(first: number, count: number, targets: Int32Array, gradScale: Float64Array) {
        targets.set(rows.targets.subarray(first, first + count));
        gradScale.set(rows.gradScale.subarray(first, first + count));
      },
      store(first: number, count: number, values: Float64Array) {
        rows.values.set(values.subarray(0, count), first);
      },
    };
    crossEntropyKernel(x, layout, rowData, output);
  },
];

export const operation = {
  softmax: 0,
  logSoftmax: 1,
  softmaxBackward: 2,
  logSoftmaxBackward: 3,
  logSumExp: 4,
  crossEntropy: 5,
};

const none = /* @__PURE__ */ new Float32Array();

const noRows: RowNumbers = {
  targets: /* @__PURE__ */ new Int32Array(),
  gradScale: /* @__PURE__ */ new Float64Array(),
  values: /* @__PURE__ */ new Float64Array(),
};
