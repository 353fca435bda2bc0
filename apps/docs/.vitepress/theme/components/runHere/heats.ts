import { kernels, softmax, tensor, useKernels } from "@surprisal/core";
import { crossEntropy } from "@surprisal/losses";
import { plainCrossEntropy, plainGradient, plainSoftmax } from "./plain.ts";

/** Someone who computes, and the numbers that come out. */
export interface Runner {
  readonly name: string;
  /** Before its turn, and not timed: chooses the kernels. */
  prepare(): void;
  compute(): void;
  answer(): ArrayLike<number>;
}

export interface Heat {
  readonly operation: string;
  readonly shape: readonly [rows: number, classes: number];
  /** The first is what the others are compared with. */
  readonly runners: readonly Runner[];
}

export const plainName = "plain loop";

export const shapes = [
  [1024, 10],
  [64, 1000],
  [8, 32000],
] as const;

/** Every operation on every shape, made when its turn comes. */
export function* heats(): Generator<Heat> {
  for (const shape of shapes) {
    const [rows, classes] = shape;
    const { x, targets } = batch(rows, classes);
    const logits = tensor(x, shape);
    const out = tensor(new Float32Array(x.length), shape);
    let value = 0;
    const values = () => [value];
    const gradient = () => out.data;
    const heat = (
      operation: string,
      plain: () => void,
      own: () => void,
      answer: () => ArrayLike<number>,
    ): Heat => ({
      operation,
      shape,
      runners: [
        { name: plainName, prepare() {}, compute: plain, answer },
        ...kernels().available.map((level) => ({
          name: `Surprisal ${level}`,
          prepare: () => useKernels(level),
          compute: own,
          answer,
        })),
      ],
    });
    yield heat(
      "softmax",
      () => plainSoftmax(x, classes, out.data),
      () => softmax(logits, { out }),
      gradient,
    );
    yield heat(
      "cross-entropy",
      () => {
        value = plainCrossEntropy(x, targets, classes);
      },
      () => {
        value = crossEntropy(logits, targets);
      },
      values,
    );
    yield heat(
      "cross-entropy + gradient",
      () => plainGradient(x, targets, classes, out.data),
      () => crossEntropy.valueAndGrad(logits, targets, { out }),
      gradient,
    );
  }
}

/** The same numbers in every run: a linear congruential generator of full period. */
function batch(rows: number, classes: number) {
  let state = 1;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  return {
    x: Float32Array.from({ length: rows * classes }, () => 12 * next() - 6),
    targets: Int32Array.from({ length: rows }, () => Math.floor(classes * next())),
  };
}
