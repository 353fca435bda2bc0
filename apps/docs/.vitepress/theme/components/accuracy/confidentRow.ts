import { softmax } from "@surprisal/core";
import { crossEntropy } from "@surprisal/losses";

/** A computation of the loss of the row [gap, 0, 0] with target 0, and its error. */
export interface Way {
  readonly name: string;
  readonly loss: number;
  /** In ulp of the float32 nearest to the true loss. */
  readonly ulp: number;
}

/** Returns the loss to the last digit of float64. */
export function trueLoss(gap: number): number {
  return Math.log1p(2 * Math.exp(-gap));
}

export function ways(gap: number): Way[] {
  const f = Math.fround;
  const exact = trueLoss(gap);
  const x = new Float32Array([gap, 0, 0]);
  const e = f(Math.exp(x[0]));
  const logSum = f(Math.log(f(1 + f(2 * f(Math.exp(-x[0]))))));
  const losses = {
    "−log(eˣ / Σ eˣ)": 0 - f(Math.log(f(e / f(e + 2)))),
    "−log(softmax(x))": 0 - f(Math.log(softmax(x)[0])),
    "log(Σ e^(x − max)) − (x − max)": logSum,
    "crossEntropy(x, 0)": crossEntropy(x, 0),
  };
  return Object.entries(losses).map(([name, loss]) => ({
    name,
    loss,
    ulp: Math.abs(loss - exact) / ulpOf(exact),
  }));
}

/** Returns the distance between neighbouring float32 numbers at a value. */
function ulpOf(value: number): number {
  return 2 ** (Math.max(Math.floor(Math.log2(value)), -126) - 23);
}
