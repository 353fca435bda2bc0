// What threads compute. A kernel runs on all threads with an entry here and a function in backend.ts.
import {
  type BlockLossArrays,
  crossEntropyKernel,
  expKernel,
  expm1Kernel,
  type KernelArray,
  type Kernels,
  type Layout,
  log1pKernel,
  logAddExpKernel,
  logKernel,
  logSigmoidKernel,
  logSoftmaxBackwardKernel,
  logSoftmaxKernel,
  logSumExpKernel,
  type RowData,
  type SoftCrossEntropyKernel,
  sigmoidKernel,
  softCrossEntropyKernel,
  softcapCrossEntropyKernel,
  softmaxBackwardKernel,
  softmaxKernel,
  softplusKernel,
  sparsemaxBackwardKernel,
  sparsemaxKernel,
  tanhKernel,
  type UnaryKernel,
} from "@surprisal/core/authoring";

/** The single numbers that all rows of a call share. */
export interface ScalarParameters {
  readonly temperature: number;
  readonly empty: number;
  readonly labelSmoothing: number;
  readonly zLoss: number;
  readonly softcap: number;
  /** 1 if masked classes are skipped, and a softcap keeps their logits, else 0. */
  readonly skipMasked: number;
}

/** The numbers that all rows of a call share. */
export interface Parameters extends ScalarParameters {
  /** One weight per class, or per loss of elements or vectors. */
  readonly weight: KernelArray | undefined;
}

export const defaultParameters: Parameters = {
  temperature: 1,
  empty: 0,
  labelSmoothing: 0,
  zLoss: 0,
  softcap: Number.POSITIVE_INFINITY,
  skipMasked: 0,
  weight: undefined,
};

/** Returns the single numbers among the parts of a call or a job. */
export function scalarParametersOf({
  temperature,
  empty,
  labelSmoothing,
  zLoss,
  softcap,
  skipMasked,
}: ScalarParameters): ScalarParameters {
  return { temperature, empty, labelSmoothing, zLoss, softcap, skipMasked };
}

/** The arrays of a call or of a block: at most `maxInputs` inputs and as many outputs. */
export interface Arrays {
  readonly inputs: readonly Float32Array[];
  readonly outputs: readonly (Float32Array | undefined)[];
}

/** Computes a loss of elements or vectors. Returns the values of its blocks. */
export type ComputeBlocks = (
  arrays: Pick<BlockLossArrays, "inputs" | "gradients" | "sampleWeight" | "losses">,
) => Float64Array;

/** The largest number of inputs, and that of outputs. */
export const maxInputs = 4;

/** One block, or a whole call. Arrays are contiguous; an output may be one of the inputs. */
export interface Operands extends Parameters, Arrays {
  readonly layout: Layout;
  readonly rows: RowData | undefined;
  /** Computes a loss of elements or vectors, whose blocks are the rows. Only workers need it. */
  readonly computeBlocks?: ComputeBlocks | undefined;
  /** Computes the rows of a loss that is a function of their cross-entropies. */
  readonly rowKernel?: Kernels["crossEntropy"] | undefined;
  /** Computes the rows of a loss of classes by its formula. */
  readonly formulaKernel?: SoftCrossEntropyKernel | undefined;
  /** Receives the bits of the second input. Only the caller asks for them. */
  readonly receiveBits?: ((bits: number) => void) | undefined;
}

export type Operation = (operands: Operands) => void;

const none = /* @__PURE__ */ new Float32Array();

const noRows: RowData = { load() {}, store() {} };

const unary =
  (kernel: UnaryKernel): Operation =>
  ({ inputs: [x], outputs: [out = none] }) =>
    kernel(x, out, x.length);

/** Returns what computes a loss. Without it the results would be zeros. */
function present<Compute>(compute: Compute | undefined): Compute {
  if (compute === undefined) throw new Error("The loss is missing.");
  return compute;
}

/** The operations by name. Their order gives each its number in a job. */
const operationsByName = {
  softmax: ({ inputs: [x], outputs: [out = none], layout, temperature, empty }) =>
    softmaxKernel(x, out, layout, temperature, empty),
  logSoftmax: ({ inputs: [x], outputs: [out = none], layout, temperature, empty }) =>
    logSoftmaxKernel(x, out, layout, temperature, empty),
  softmaxBackward: ({ inputs: [g, y], outputs: [out = none], layout }) =>
    softmaxBackwardKernel(g, y, out, layout),
  logSoftmaxBackward: ({ inputs: [g, y], outputs: [out = none], layout }) =>
    logSoftmaxBackwardKernel(g, y, out, layout),
  logSumExp({ inputs: [x], layout, rows = noRows }) {
    const values = new Float64Array(layout.outer * layout.inner);
    logSumExpKernel(x, values, layout);
    rows.store(0, values.length, values);
  },
  crossEntropy: ({ inputs: [x], outputs: [output], layout, rows = noRows }) =>
    crossEntropyKernel(x, layout, rows, output),
  softcapCrossEntropy({
    inputs: [x],
    outputs: [output],
    layout,
    rows = noRows,
    softcap,
    skipMasked,
  }) {
    const options = { cap: softcap, skipMasked: skipMasked === 1 };
    softcapCrossEntropyKernel(x, layout, rows, output, options);
  },
  softCrossEntropy: ({
    inputs: [x, probabilities],
    outputs: [output],
    layout,
    rows = noRows,
    skipMasked,
    ...soft
  }) => {
    // The kernels have checked the options before they have asked the backend.
    const targets = { ...soft, probabilities, skipMasked: skipMasked === 1, areInRange: true };
    softCrossEntropyKernel(x, layout, targets, rows, output);
  },
  exp: unary(expKernel),
  expm1: unary(expm1Kernel),
  log: unary(logKernel),
  log1p: unary(log1pKernel),
  tanh: unary(tanhKernel),
  sigmoid: unary(sigmoidKernel),
  softplus: unary(softplusKernel),
  logSigmoid: unary(logSigmoidKernel),
  logAddExp: ({ inputs: [a, b], outputs: [out = none] }) => logAddExpKernel(a, b, out, a.length),
  blockLoss({ inputs, outputs, rows = noRows, weight, computeBlocks }) {
    const [losses, ...gradients] = outputs;
    const values = present(computeBlocks)({ inputs, gradients, sampleWeight: weight, losses });
    rows.store(0, values.length, values);
  },
  composedCrossEntropy({ inputs: [x], outputs: [output], layout, rows = noRows, rowKernel }) {
    present(rowKernel)(x, layout, rows, output);
  },
  classFormula({
    inputs: [x, probabilities],
    outputs: [output],
    layout,
    rows = noRows,
    formulaKernel,
    skipMasked,
    ...soft
  }) {
    const targets = { ...soft, probabilities, skipMasked: skipMasked === 1 };
    present(formulaKernel)(x, layout, targets, rows, output);
  },
  sparsemax: ({ inputs: [x], outputs: [out = none], layout, temperature, empty }) =>
    sparsemaxKernel(x, out, layout, temperature, empty),
  sparsemaxBackward: ({ inputs: [g, y], outputs: [out = none], layout }) =>
    sparsemaxBackwardKernel(g, y, out, layout),
} satisfies Record<string, Operation>;

export type OperationName = keyof typeof operationsByName;

const names = Object.keys(operationsByName) as OperationName[];

/** The operations by their number in a job. */
export const operations: readonly Operation[] = Object.values(operationsByName);

/** Returns whether there is an operation of this name. */
export function isOperation(name: string): name is OperationName {
  return Object.hasOwn(operationsByName, name);
}

/** Returns the number of an operation. */
export function operationNumber(name: OperationName): number {
  return names.indexOf(name);
}
