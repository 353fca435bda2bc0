/** The largest errors that `docs/guide/accuracy.md` promises of the SIMD kernels, in ulp of float32. */
export const promises: Readonly<Record<string, number>> = {
  softmax: 7,
  logSoftmax: 5,
  "logSoftmax, temperature 0.7": 7,
  "logSoftmax, temperature 3": 7,
  logSumExp: 4,
  crossEntropy: 4,
  "crossEntropy, gradient": 7,
  softmaxBackward: 5,
  logSoftmaxBackward: 5,
};
