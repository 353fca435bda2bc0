// Runs the installed packages and compares their results with float64 arithmetic.
// One program for every runtime and browser: it may use nothing but the language.
import * as core from "@surprisal/core";
import * as evaluation from "@surprisal/evaluation";
import * as language from "@surprisal/language";
import * as losses from "@surprisal/losses";
import { threads, useThreads } from "@surprisal/threads";

/**
 * Runs all checks.
 *
 * Returns which kernels are in use, what threads there are, and for each check its name and, if it
 * failed, the error.
 */
export async function conformance() {
  const checks = [];
  for (const [name, check] of Object.entries(allChecks)) checks.push(await outcome(name, check));
  const sharing = await threadsReport();
  checks.push(await outcome("threads give the same bits", threadsGiveTheSameBits));
  return { kernels: core.kernels().active, threads: sharing, checks };
}

const allChecks = {
  "the numbers of the README": () => {
    near(core.softmax([2, 1, 0]), [0.6652409557748218, 0.24472847105479764, 0.09003057317038046]);
    near(losses.nllLoss(core.logSoftmax([2, 1, 0]), 0), 0.40760596444438);
    near(losses.crossEntropy([2, 1, 0], 0), 0.40760596444438);
    near(losses.crossEntropy([37, 0], 0), 8.533047625744066e-17);
    const { grad } = losses.crossEntropy.valueAndGrad([2, 1, 0], 0);
    near(grad, [-0.3347590442251782, 0.24472847105479764, 0.09003057317038046]);
  },

  "float32 values and gradients": () => {
    const { logits, labels, rows, classes } = batch(64, 100);
    const input = core.tensor(logits, [rows, classes]);
    const expected = reference(logits, labels, rows, classes);
    near(core.softmax(input).data, expected.probabilities, 1e-6);
    near(core.logSoftmax(input).data, expected.logProbabilities, 1e-6);
    near(core.logSumExp(input).data, expected.logSums, 1e-6);
    const { value, grad } = losses.crossEntropy.valueAndGrad(input, labels);
    near(value, expected.loss, 1e-6);
    near(grad.data, expected.gradient, 1e-6);
  },

  "float64 values and gradients": () => {
    const { logits, labels, rows, classes } = batch(16, 33);
    const expected = reference(logits, labels, rows, classes);
    const input = core.tensor(Float64Array.from(logits), [rows, classes]);
    const { value, grad } = losses.crossEntropy.valueAndGrad(input, labels);
    near(value, expected.loss, 1e-13);
    near(grad.data, expected.gradient, 1e-13);
  },

  "classes on axis 1": () => {
    const { logits, labels, rows, classes } = batch(2 * 300, 5);
    const expected = reference(logits, labels, rows, classes);
    const images = new Float32Array(logits.length);
    for (let row = 0; row < rows; row++) {
      const [image, pixel] = [Math.floor(row / 300), row % 300];
      for (let j = 0; j < classes; j++)
        images[(image * classes + j) * 300 + pixel] = logits[row * classes + j];
    }
    const input = core.tensor(images, [2, classes, 300]);
    const targets = { data: labels, shape: [2, 300] };
    near(losses.crossEntropy(input, targets, { axis: 1 }), expected.loss, 1e-6);
  },

  "options of the cross-entropy": () => {
    const { logits, labels, rows, classes } = batch(32, 10);
    const { logProbabilities } = reference(logits, labels, rows, classes);
    const weight = Float64Array.from({ length: classes }, (_, j) => 1 + j / 10);
    labels[3] = -100;
    let sum = 0;
    let weights = 0;
    for (let row = 0; row < rows; row++) {
      if (labels[row] === -100) continue;
      const logs = logProbabilities.subarray(row * classes, (row + 1) * classes);
      const smooth = logs.reduce((total, log, j) => total - weight[j] * log, 0) / classes;
      sum += 0.9 * -weight[labels[row]] * logs[labels[row]] + 0.1 * smooth;
      weights += weight[labels[row]];
    }
    const input = core.tensor(logits, [rows, classes]);
    const value = losses.crossEntropy(input, labels, { weight, labelSmoothing: 0.1 });
    near(value, sum / weights, 1e-6);
  },

  "gradients of other losses": () => {
    const input = [0.3, -1.2, 2.5, 0.7];
    const target = [1, 0, 1, 0];
    for (const loss of [losses.mseLoss, losses.binaryCrossEntropyWithLogits, losses.softMarginLoss])
      near(loss.valueAndGrad(input, target).grad, differences(loss, input, target), 1e-6);
  },

  "tensors of other libraries": () => {
    const logits = { data: new Float32Array([2, 1, 0, 0, 3, 1]), dims: [2, 3], type: "float32" };
    const labels = { data: BigInt64Array.of(0n, 1n), dims: [2], type: "int64" };
    near(losses.crossEntropy(logits, labels), 0.28872589423, 1e-6);
    const halves = { data: new Uint16Array([0x4000, 0x3c00, 0]), dims: [3], type: "float16" };
    near(core.softmax(halves).data, core.softmax([2, 1, 0]), 1e-6);
  },

  "out receives the result": () => {
    const out = new Float32Array(3);
    const result = core.softmax(new Float32Array([2, 1, 0]), { out });
    if (result !== out) throw new Error("the result is not out");
    near(out, core.softmax([2, 1, 0]), 1e-6);
  },

  "errors name the function": () => {
    let error;
    try {
      losses.crossEntropy([[2, 1, 0]], [3]);
    } catch (thrown) {
      error = thrown;
    }
    if (!(error instanceof RangeError && error.message.startsWith("crossEntropy: target 3")))
      throw new Error(`got ${error}`);
  },

  "language models": () => {
    const { logits, labels, rows, classes } = batch(16, 50);
    const input = core.tensor(logits, [rows, classes]);
    const { loss } = reference(logits, labels, rows, classes);
    near(language.perplexity(input, labels), Math.exp(loss), 1e-5);
    const hidden = core.tensor(new Float32Array([1, 2, 0.5, -1]), [2, 2]);
    const weight = core.tensor(new Float32Array([1, 0, 0, 1, 1, 1]), [3, 2]);
    const products = [
      [1, 2, 3],
      [0.5, -1, -0.5],
    ];
    const expected = losses.crossEntropy(products, [2, 0]);
    near(language.linearCrossEntropy(hidden, weight, [2, 0]), expected, 1e-6);
  },

  evaluation: () => {
    const logits = [
      [2, 1, 0],
      [0, 3, 1],
      [1, 0, 4],
      [5, 1, 2],
    ];
    near(evaluation.accuracy(logits, [0, 1, 2, 1]), 0.75);
  },
};

async function outcome(name, check) {
  try {
    await check();
    return { name };
  } catch (error) {
    return { name, error: String(error?.message ?? error) };
  }
}

/** Starts a second thread, and returns the report of what runs then. */
async function threadsReport() {
  const { count, shared, reason } = await useThreads(2);
  await useThreads(1);
  return { count, shared, reason };
}

async function threadsGiveTheSameBits() {
  const { logits, labels, rows, classes } = batch(1024, 512);
  const input = core.tensor(logits, [rows, classes]);
  const single = losses.crossEntropy.valueAndGrad(input, labels);
  await useThreads(2);
  try {
    for (let call = 0; call < 3; call++) {
      const { value, grad } = losses.crossEntropy.valueAndGrad(input, labels);
      if (value !== single.value) throw new Error(`${value} instead of ${single.value}`);
      if (grad.data.some((number, i) => number !== single.grad.data[i]))
        throw new Error("gradients differ");
    }
    const lost = threads().workers.find(({ state }) => state === "lost");
    if (lost) throw new Error(`a worker is lost: ${lost.reason}`);
  } finally {
    await useThreads(1);
  }
}

/** Returns float32 logits from −8 to 8 and a label for each row, the same in every run. */
function batch(rows, classes) {
  let state = 1;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const logits = Float32Array.from({ length: rows * classes }, () => 16 * random() - 8);
  const labels = Int32Array.from({ length: rows }, () => Math.floor(classes * random()));
  return { logits, labels, rows, classes };
}

/** Computes in float64, from the definitions, what the packages should return. */
function reference(logits, labels, rows, classes) {
  const probabilities = new Float64Array(logits.length);
  const logProbabilities = new Float64Array(logits.length);
  const gradient = new Float64Array(logits.length);
  const logSums = new Float64Array(rows);
  let loss = 0;
  for (let row = 0; row < rows; row++) {
    const at = row * classes;
    let sum = 0;
    for (let j = 0; j < classes; j++) sum += Math.exp(logits[at + j]);
    logSums[row] = Math.log(sum);
    for (let j = 0; j < classes; j++) {
      logProbabilities[at + j] = logits[at + j] - logSums[row];
      probabilities[at + j] = Math.exp(logits[at + j]) / sum;
      gradient[at + j] = (probabilities[at + j] - (j === labels[row] ? 1 : 0)) / rows;
    }
    loss -= logProbabilities[at + labels[row]] / rows;
  }
  return { probabilities, logProbabilities, gradient, logSums, loss };
}

/** Returns the central differences of a loss. */
function differences(loss, input, target) {
  const step = 1e-5;
  const moved = (i, by) => input.map((x, j) => (i === j ? x + by : x));
  return input.map(
    (_, i) => (loss(moved(i, step), target) - loss(moved(i, -step), target)) / (2 * step),
  );
}

/** Throws unless the numbers agree within `tolerance`, relative to each number or to `floor`, if that is larger. */
function near(actual, expected, tolerance = 1e-14, floor = tolerance > 1e-14 ? 1e-3 : 0) {
  const [got, wanted] = [[actual].flat(), [expected].flat()];
  const numbers = ArrayBuffer.isView(got[0]) ? got[0] : got;
  const references = ArrayBuffer.isView(wanted[0]) ? wanted[0] : wanted;
  if (numbers.length !== references.length)
    throw new Error(`${numbers.length} numbers instead of ${references.length}`);
  for (let i = 0; i < references.length; i++) {
    const allowed = tolerance * Math.max(Math.abs(references[i]), floor);
    if (!(Math.abs(numbers[i] - references[i]) <= allowed))
      throw new Error(`${numbers[i]} instead of ${references[i]} at ${i}`);
  }
}
