// The arguments of Keras's losses. Their errors name yTrue and yPred, and not the arguments of the losses behind them.
import { formatShape, sameShape } from "@surprisal/core/authoring";
import { reshape, type Tensor } from "@tensorflow/tfjs-core";
import { checkTensor, isTensor } from "./arguments.ts";

/** Throws if a function that makes a loss gets the arguments of the loss. */
export function checkOptionsOf(name: string, options: unknown): void {
  if (!isTensor(options)) return;
  throw new TypeError(
    `${name}: options must be an object, got a tensor. This function makes a loss: write ${name}({ fromLogits: true })(yTrue, yPred), and in model.compile loss: ${name}({ fromLogits: true }).`,
  );
}

/** Throws unless the arguments are tensors, the predictions of floats along a class axis. */
export function checkKerasTensors(name: string, yTrue: unknown, yPred: unknown): void {
  const usage = `${name}(options)(yTrue, yPred)`;
  checkTensor(name, "yTrue", yTrue, usage);
  checkTensor(name, "yPred", yPred, usage);
  if (yPred.dtype !== "float32") {
    throw new TypeError(
      `${name}: yPred, the second argument, must be float32, got ${yPred.dtype}. Write tf.cast(yPred, "float32").`,
    );
  }
  if (yPred.rank === 0) {
    throw new RangeError(`${name}: yPred must have a class axis, got the shape [].`);
  }
}

/** Throws unless there is a row of class probabilities for each row of predictions. */
export function checkRows(name: string, yTrue: Tensor, yPred: Tensor): void {
  if (sameShape(yTrue.shape, yPred.shape)) return;
  const advice =
    indicesShape(yTrue, yPred) === undefined
      ? `Write tf.oneHot(labels, ${classesOf(yPred)})`
      : "For class indices, write sparseCategoricalCrossentropy";
  throw new RangeError(
    `${name}: yTrue must have the shape of yPred, ${formatShape(yPred.shape)}, got ${formatShape(yTrue.shape)}. ${advice}.`,
  );
}

/** Returns class indices without a last axis of length 1; throws unless there is one for each row of predictions. */
export function readIndices(name: string, yTrue: Tensor, yPred: Tensor): Tensor {
  const shape = indicesShape(yTrue, yPred);
  if (shape !== undefined) return yTrue.rank === shape.length ? yTrue : reshape(yTrue, shape);
  const expected = yPred.shape.slice(0, -1);
  const isOneHot = sameShape(yTrue.shape, yPred.shape);
  const advice = isOneHot ? " For one-hot rows, write categoricalCrossentropy." : "";
  throw new RangeError(
    `${name}: yTrue must hold class indices, of shape ${formatShape(expected)} or ${formatShape([...expected, 1])} for yPred of shape ${formatShape(yPred.shape)}, got ${formatShape(yTrue.shape)}.${advice}`,
  );
}

/** Returns the shape of class indices, one for each row of predictions, or undefined if yTrue has another. */
function indicesShape(yTrue: Tensor, yPred: Tensor): number[] | undefined {
  const shape = yPred.shape.slice(0, -1);
  const fits = sameShape(yTrue.shape, shape) || sameShape(yTrue.shape, [...shape, 1]);
  return fits ? shape : undefined;
}

function classesOf(yPred: Tensor): number {
  return yPred.shape[yPred.rank - 1];
}

/** Words in the messages of the losses, and what they are called here. */
const otherWords: readonly (readonly [RegExp, string])[] = [
  [
    /Input and target seem to be swapped: .*$/,
    "yTrue and yPred seem to be swapped: yTrue is the first argument.",
  ],
  [/ For class indices, squeeze .*$/, ""],
  [/Class indices have shape/, "sparseCategoricalCrossentropy takes class indices, of shape"],
  [/the input's shape/, "yPred's shape"],
  [/\btarget\b/g, "yTrue"],
  [/\binput\b/g, "yPred"],
];

/** Calls a loss. Its errors get the name of the function that the caller wrote, and those of its arguments. */
export function withKerasNames<T>(name: string, call: () => T): T {
  try {
    return call();
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof RangeError)) throw error;
    const own = error.message.replace(/^(crossEntropy|nllLoss)(\.valueAndGrad)?: /, `${name}: `);
    if (own === error.message) throw error;
    const message = otherWords.reduce((text, [word, ours]) => text.replace(word, ours), own);
    throw error instanceof TypeError ? new TypeError(message) : new RangeError(message);
  }
}
