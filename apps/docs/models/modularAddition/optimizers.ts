import type { Parameter } from "./network.ts";

/** Moves the parameters one step against their gradients. */
export type Step = () => void;

/** Makes the steps of an optimizer that starts now. */
export type Optimizer = (parameters: readonly Parameter[]) => Step;

/** Takes steps of the same length, however small the gradient is: x −= 0.3 · g / ‖g‖. */
export const normalizedDescent: Optimizer = (parameters) => () => {
  let squares = 0;
  for (const { grad } of parameters) for (const slope of grad) squares += slope * slope;
  const rate = 0.3 / Math.sqrt(squares);
  for (const { data, grad } of parameters) {
    for (let i = 0; i < data.length; i++) data[i] -= rate * grad[i];
  }
};

/** Takes Adam's steps (Kingma & Ba, arXiv 1412.6980) with rate 0.01 and PyTorch's other defaults. */
export const adam: Optimizer = (parameters) => {
  const [rate, beta1, beta2, epsilon] = [0.01, 0.9, 0.999, 1e-8];
  const means = parameters.map(({ data }) => new Float32Array(data.length));
  const squares = parameters.map(({ data }) => new Float32Array(data.length));
  let time = 0;
  return () => {
    time++;
    const correction = Math.sqrt(1 - beta2 ** time);
    for (const [p, { data, grad }] of parameters.entries()) {
      const mean = means[p];
      const square = squares[p];
      for (let i = 0; i < data.length; i++) {
        mean[i] = beta1 * mean[i] + (1 - beta1) * grad[i];
        square[i] = beta2 * square[i] + (1 - beta2) * grad[i] ** 2;
        const size = Math.sqrt(square[i]) / correction + epsilon;
        data[i] -= ((rate / (1 - beta1 ** time)) * mean[i]) / size;
      }
    }
  };
};
