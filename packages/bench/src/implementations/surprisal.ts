import * as core from "@surprisal/core";
import {
  type FloatInput,
  type KernelName,
  kernels,
  type Tensor,
  useKernels,
} from "@surprisal/core";
import {
  type RegisteredBackend,
  registerBackend,
  registeredBackend,
} from "@surprisal/core/authoring";
import { linearCrossEntropy, tokenLogProbs, topLogProbs } from "@surprisal/language";
import {
  binaryCrossEntropy,
  binaryCrossEntropyWithLogits,
  type CrossEntropyOptions,
  composeCrossEntropy,
  crossEntropy,
  defineLoss,
  focalLoss,
  gaussianNllLoss,
  generalizedCrossEntropy,
  hingeEmbeddingLoss,
  huberLoss,
  klDiv,
  l1Loss,
  marginRankingLoss,
  mseLoss,
  nllLoss,
  poissonNllLoss,
  polyLoss,
  sigmoidFocalLoss,
  smoothL1Loss,
  softMarginLoss,
  symmetricCrossEntropy,
} from "@surprisal/losses";
import { useThreads } from "@surprisal/threads";
import {
  type Answer,
  classWeights,
  elementProbabilities,
  elementTargets,
  elementVariances,
  isTooLargeForJavaScript,
  linearLayer,
  moved,
  type Problem,
  rowWeights,
  settings,
  signs,
  smoothedTargets,
  topCountOf,
} from "../problem.ts";
import { versionOf } from "../version.ts";
import {
  allocatedBytes,
  type Implementation,
  synchronousTask,
  type Task,
} from "./implementation.ts";
import { vectorSolver } from "./surprisalVectors.ts";

type Floats = Tensor<Float32Array>;

/** The losses of this package that are functions of the cross-entropy. */
const classLosses = {
  focalGradient: focalLoss,
  polyGradient: polyLoss,
  generalizedGradient: generalizedCrossEntropy,
  symmetricGradient: symmetricCrossEntropy,
};

/** The focal loss (1 − p)² · c for the cross-entropy c and p = exp(−c), as the tutorial writes it. */
const composedFocalLoss = defineLoss({
  kind: "class",
  name: "composedFocalLoss",
  neverThrows: true,
  classIndexKernel: () =>
    composeCrossEntropy(
      (c, _, complement) => complement ** 2 * c,
      (c, p, complement) => complement ** 2 + 2 * complement * p * c,
    ),
  formula: () => () => {
    throw new RangeError("composedFocalLoss takes class indices only.");
  },
});

/** The losses behind the operations on single elements. */
const elementLosses = {
  squaredErrorGradient: mseLoss,
  absoluteErrorGradient: l1Loss,
  huberGradient: huberLoss,
  smoothL1Gradient: smoothL1Loss,
  poissonGradient: poissonNllLoss,
  klDivergenceGradient: klDiv,
  softMarginGradient: softMarginLoss,
  sigmoidFocalGradient: sigmoidFocalLoss,
  binaryCrossEntropyGradient: binaryCrossEntropyWithLogits,
};

/** The gradient that the others compute, too. */
const inputAlone = { differentiate: ["input"] };

/** How the tensors of a task are stored. */
interface Storage {
  readonly name: string;
  /** The copies that a call includes. */
  readonly copies: string;
  tensor(shape: readonly number[]): Floats;
  release(): void;
}

const plain: Storage = {
  name: "",
  copies: "typed arrays copied into the kernels' memory and back",
  tensor: (shape) => core.tensor(new Float32Array(shape.reduce((a, b) => a * b, 1)), shape),
  release() {},
};

const allocated: Storage = {
  name: ", allocated",
  copies: "tensors of `allocate`, no copy",
  tensor: core.allocate,
  release: core.release,
};

/** How a task is computed: by which kernels, and by which backend before them. */
interface Computation {
  readonly kernelName: KernelName;
  readonly backend: RegisteredBackend | undefined;
}

/** Opens each set of kernels, with plain typed arrays and with tensors in the kernels' memory. */
export async function open(): Promise<Implementation[]> {
  const version = versionOf("@surprisal/core");
  const oneThread = kernels().available.flatMap((kernelName) =>
    (kernelName === "js" ? [plain] : [plain, allocated]).map((storage): Implementation => {
      const prepare = (problem: Problem) =>
        prepareTask(problem, { kernelName, backend: undefined }, storage);
      const name = `Surprisal ${kernelName}${storage.name}`;
      const copies = kernelName === "js" ? "typed arrays, no copy" : storage.copies;
      return { name, version, kind: "ours", overhead: `${copies}; \`out\` provided`, prepare };
    }),
  );
  return [...oneThread, ...(await openTwoThreads(version))];
}

/** Opens the best kernels on two threads, which sleep while other implementations are timed. */
async function openTwoThreads(version: string): Promise<Implementation[]> {
  const [kernelName] = kernels().available;
  if (kernelName === "js") return [];
  await useThreads(2);
  const backend = registeredBackend();
  registerBackend(undefined);
  if (backend === undefined) return [];
  return [plain, allocated].map(
    (storage): Implementation => ({
      name: `Surprisal ${kernelName}${storage.name}, 2 threads`,
      version,
      kind: "ours",
      overhead: `${storage.copies}; \`out\` provided`,
      prepare: (problem) => prepareTask(problem, { kernelName, backend }, storage),
      close: () => void useThreads(1),
    }),
  );
}

function prepareTask(
  problem: Problem,
  { kernelName, backend }: Computation,
  storage: Storage,
): Task | undefined {
  if (kernelName === "js" && isTooLargeForJavaScript(problem)) return undefined;
  const use = () => {
    useKernels(kernelName);
    registerBackend(backend);
  };
  use();
  const solve = solver(problem, (shape = problem.shape) => storage.tensor(shape));
  if (solve === undefined) return undefined;
  const { time, answer } = synchronousTask(solve, (result) => result);
  const withKernels =
    <Arguments extends unknown[], Result>(run: (...args: Arguments) => Result) =>
    (...args: Arguments) => {
      use();
      return run(...args);
    };
  return {
    time: withKernels(time),
    answer: withKernels(answer),
    memory: withKernels(() => allocatedBytes(solve)),
    release: withKernels(storage.release),
  };
}

function solver(
  problem: Problem,
  makeTensor: (shape?: readonly number[]) => Floats,
): (() => Answer) | undefined {
  const { shape, axis, reduction } = problem;
  const rows = problem.targets.length;
  const x = makeTensor();
  x.data.set(problem.logits);
  // Written as users do: the labels of a plain batch are an array, and defaults are left out.
  const isBatch = shape.length === 2;
  const targets = isBatch
    ? problem.targets
    : { data: problem.targets, shape: shape.toSpliced(axis, 1) };
  const axisOption = isBatch ? {} : { axis };
  const lossOptions = reduction === "mean" ? axisOption : { ...axisOption, reduction };
  const toAnswer = (loss: number | Tensor, gradient?: Floats): Answer => ({
    values: typeof loss === "number" ? [loss] : loss.data,
    gradient: gradient?.data,
  });

  switch (problem.operation) {
    case "softmax":
    case "logSoftmax": {
      const operation = problem.operation === "softmax" ? core.softmax : core.logSoftmax;
      const out = makeTensor();
      const options = { ...axisOption, out };
      return () => ({ values: operation(x, options).data });
    }
    case "logOfSoftmax": {
      const out = makeTensor();
      return () => {
        core.softmax(x, { ...axisOption, out });
        storeLog(out, out);
        return { values: out.data };
      };
    }
    case "crossEntropy": {
      const options = isBatch && reduction === "mean" ? undefined : lossOptions;
      return () => toAnswer(crossEntropy(x, targets, options));
    }
    case "crossEntropyGradient": {
      const out = makeTensor();
      const options = { ...lossOptions, out };
      return () => toAnswer(crossEntropy.valueAndGrad(x, targets, options).value, out);
    }
    case "softmaxLogNll": {
      const logs = makeTensor();
      return () => {
        core.softmax(x, { ...axisOption, out: logs });
        storeLog(logs, logs);
        return toAnswer(nllLoss(logs, targets, lossOptions));
      };
    }
    case "logSoftmaxNll": {
      const logs = makeTensor();
      return () => {
        core.logSoftmax(x, { ...axisOption, out: logs });
        return toAnswer(nllLoss(logs, targets, lossOptions));
      };
    }
    case "softmaxLogNllGradient": {
      const [p, logs, out] = [makeTensor(), makeTensor(), makeTensor()];
      return () => {
        core.softmax(x, { ...axisOption, out: p });
        storeLog(p, logs);
        const { value } = nllLoss.valueAndGrad(logs, targets, { ...lossOptions, out });
        for (let i = 0; i < out.data.length; i++) out.data[i] /= p.data[i];
        core.softmaxBackward(out, p, { ...axisOption, out });
        return toAnswer(value, out);
      };
    }
    case "logSoftmaxNllGradient": {
      const [logs, out] = [makeTensor(), makeTensor()];
      return () => {
        core.logSoftmax(x, { ...axisOption, out: logs });
        const { value } = nllLoss.valueAndGrad(logs, targets, { ...lossOptions, out });
        core.logSoftmaxBackward(out, logs, { ...axisOption, out });
        return toAnswer(value, out);
      };
    }
    case "labelSmoothing":
    case "probabilities":
    case "weightedProbabilities":
      return lossOf(crossEntropy, x, ...variantArguments(problem, targets, axisOption));
    case "labelSmoothingGradient":
    case "probabilitiesGradient":
    case "zLossGradient":
    case "softcapGradient":
    case "sampleWeightGradient":
    case "skipMaskedGradient":
    case "weightGradient":
    case "weightedProbabilitiesGradient":
      return gradientOf(
        crossEntropy,
        x,
        makeTensor(),
        ...variantArguments(problem, targets, axisOption),
      );
    case "focalGradient":
    case "polyGradient":
    case "generalizedGradient":
    case "symmetricGradient":
      return gradientOf(classLosses[problem.operation], x, makeTensor(), targets, axisOption);
    case "composedFocalGradient":
      return gradientOf(composedFocalLoss, x, makeTensor(), targets, axisOption);
    case "gaussianGradient": {
      const values = elementTargets(problem);
      const variances = storeIn(makeTensor(), elementVariances(problem));
      const gaussian: Pick<AnyLoss, "valueAndGrad"> = {
        valueAndGrad: (input, target, options) =>
          gaussianNllLoss.valueAndGrad(input, target, variances, options),
      };
      return gradientOf(gaussian, x, makeTensor(), storeIn(makeTensor(), values), inputAlone);
    }
    case "probabilityGradient": {
      const probabilities = storeIn(makeTensor(), elementProbabilities(problem));
      const labels = storeIn(makeTensor(), elementTargets(problem));
      return gradientOf(binaryCrossEntropy, probabilities, makeTensor(), labels, inputAlone);
    }
    case "hingeEmbeddingGradient": {
      const labels = storeIn(makeTensor(), signs(problem.logits.length));
      return gradientOf(hingeEmbeddingLoss, x, makeTensor(), labels, inputAlone);
    }
    case "marginRankingGradient": {
      const others = storeIn(makeTensor(), moved(problem, 1));
      const labels = storeIn(makeTensor(), signs(problem.logits.length));
      const out = makeTensor();
      const options = { out: { input1: out }, differentiate: ["input1"] };
      return () => toAnswer(marginRankingLoss.valueAndGrad(x, others, labels, options).value, out);
    }
    case "positiveWeightGradient":
      return gradientOf(
        binaryCrossEntropyWithLogits,
        x,
        makeTensor(),
        storeIn(makeTensor(), elementTargets(problem)),
        { ...inputAlone, posWeight: settings.posWeight },
      );
    case "squaredErrorGradient":
    case "absoluteErrorGradient":
    case "huberGradient":
    case "smoothL1Gradient":
    case "poissonGradient":
    case "klDivergenceGradient":
    case "softMarginGradient":
    case "sigmoidFocalGradient":
    case "binaryCrossEntropyGradient":
      return gradientOf(
        elementLosses[problem.operation as keyof typeof elementLosses],
        x,
        makeTensor(),
        storeIn(makeTensor(), elementTargets(problem)),
        inputAlone,
      );
    case "binaryCrossEntropy":
      return lossOf(
        binaryCrossEntropyWithLogits,
        x,
        storeIn(makeTensor(), elementTargets(problem)),
        {},
      );
    case "gather": {
      const values = new Float32Array(rows);
      return () => {
        const { data } = nllLoss(x, targets, { reduction: "none" }) as Tensor;
        for (let r = 0; r < rows; r++) values[r] = -data[r];
        return { values };
      };
    }
    case "diagonal":
      return undefined;
    case "tokenLogProbs": {
      const out = makeTensor([rows]);
      return () => ({ values: (tokenLogProbs(x, targets, { out }) as Tensor).data });
    }
    case "topLogProbs": {
      const count = topCountOf(problem);
      return () => ({ values: topLogProbs(x, count).logProbs.data });
    }
    case "linearCrossEntropy":
    case "linearCrossEntropyGradient":
      return linearSolver(problem, makeTensor);
    case "tripletGradient":
    case "cosineEmbeddingGradient":
    case "multiMarginGradient":
    case "multilabelMarginGradient":
    case "multilabelSoftMarginGradient":
    case "ctc":
    case "ctcGradient":
      return vectorSolver(problem, (data = []) => storeIn(makeTensor(), data));
    case "rowOfNumbers":
    case "rowOfFloats":
    case "rowOfTensor":
    case "rowWithAxis":
    case "rowWithSmoothing":
    case "rowWithWeight":
    case "rowOfNumbersGradient":
    case "rowOfFloatsGradient":
    case "rowOfTensorGradient":
    case "rowWithAxisGradient":
    case "rowWithSmoothingGradient":
    case "rowWithWeightGradient":
      return rows === 1 && isBatch ? rowSolver(problem) : undefined;
  }
}

/** Returns a call for one row, as users write it: nothing is prepared, and the gradient is a new array. */
function rowSolver(problem: Problem): (() => Answer) | undefined {
  const { operation, logits, shape } = problem;
  const hasGradient = operation.endsWith("Gradient");
  const [target] = problem.targets;
  const isTensor = (x: FloatInput) => typeof x === "object" && "shape" in x;
  const solve = (x: FloatInput, labels: number | Int32Array, options?: CrossEntropyOptions) => {
    if (!hasGradient) return () => ({ values: [crossEntropy(x, labels, options) as number] });
    return () => {
      const { value, grad } = crossEntropy.valueAndGrad(x, labels, options);
      const gradient = isTensor(x) ? (grad as Tensor).data : (grad as ArrayLike<number>);
      return { values: [value as number], gradient };
    };
  };
  switch (operation.replace("Gradient", "")) {
    case "rowOfNumbers":
      return solve([...logits], target);
    case "rowOfFloats":
      return solve(logits, target);
    case "rowOfTensor":
      return solve({ data: logits, shape }, problem.targets);
    case "rowWithAxis":
      return solve(logits, target, { axis: 0 });
    case "rowWithSmoothing":
      return solve(logits, target, { labelSmoothing: settings.labelSmoothing });
    case "rowWithWeight":
      return solve(logits, target, { weight: classWeights(problem) });
  }
}

function linearSolver(
  problem: Problem,
  makeTensor: (shape: readonly number[]) => Floats,
): () => Answer {
  const { targets, classes } = problem;
  const layer = linearLayer(problem);
  const hidden = storeIn(makeTensor([targets.length, settings.hiddenSize]), layer.hidden);
  const weight = storeIn(makeTensor([classes, settings.hiddenSize]), layer.weight);
  if (problem.operation === "linearCrossEntropy") {
    return () => ({ values: [linearCrossEntropy(hidden, weight, targets)] });
  }
  const out = { input: makeTensor(hidden.shape), weight: makeTensor(weight.shape) };
  return () => {
    const { value } = linearCrossEntropy.valueAndGrad(hidden, weight, targets, { out });
    return { values: [value], gradient: out.input.data };
  };
}

/** A loss of this benchmark: all have a target. */
interface AnyLoss {
  (x: Floats, target: never, options: never): unknown;
  valueAndGrad(x: Floats, target: never, options: never): { value: unknown };
}

function lossOf(loss: AnyLoss, x: Floats, target: unknown, options: object): () => Answer {
  return () => ({ values: [loss(x, target as never, options as never) as number] });
}

function gradientOf(
  loss: Pick<AnyLoss, "valueAndGrad">,
  x: Floats,
  out: Floats,
  target: unknown,
  options: object,
): () => Answer {
  const withOut = { ...options, out };
  return () => {
    const { value } = loss.valueAndGrad(x, target as never, withOut as never);
    return { values: [value as number], gradient: out.data };
  };
}

/** Returns the target and the options of a cross-entropy that is not the plain one. */
function variantArguments(
  problem: Problem,
  targets: unknown,
  axisOption: object,
): [unknown, object] {
  const { labelSmoothing, zLoss, softcap } = settings;
  switch (problem.operation) {
    case "probabilities":
    case "probabilitiesGradient":
      return [core.tensor(smoothedTargets(problem), problem.shape), axisOption];
    case "weightedProbabilities":
    case "weightedProbabilitiesGradient":
      return [
        core.tensor(smoothedTargets(problem), problem.shape),
        { ...axisOption, weight: classWeights(problem) },
      ];
    case "weightGradient":
      return [targets, { ...axisOption, weight: classWeights(problem) }];
    case "skipMaskedGradient":
      return [targets, { ...axisOption, skipMasked: true }];
    case "zLossGradient":
      return [targets, { ...axisOption, zLoss }];
    case "softcapGradient":
      return [targets, { ...axisOption, softcap }];
    case "sampleWeightGradient": {
      const shape = problem.shape.toSpliced(problem.axis, 1);
      return [targets, { ...axisOption, sampleWeight: core.tensor(rowWeights(problem), shape) }];
    }
    default:
      return [targets, { ...axisOption, labelSmoothing }];
  }
}

function storeIn(tensor: Floats, data: ArrayLike<number>): Floats {
  tensor.data.set(data);
  return tensor;
}

function storeLog(x: Floats, out: Floats): void {
  for (let i = 0; i < out.data.length; i++) out.data[i] = Math.log(x.data[i]);
}
