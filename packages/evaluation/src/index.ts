/**
 * Measures how far a classifier's probabilities can be trusted: accuracy, calibration, and the temperature
 * that corrects them.
 *
 * @module
 */
export { type AccuracyOptions, accuracy } from "./accuracy/accuracy.ts";
export { brierScore } from "./brierScore/brierScore.ts";
export {
  type CalibrationErrorOptions,
  calibrationError,
} from "./calibrationError/calibrationError.ts";
export {
  type ConfusionMatrixAccumulatorOptions,
  confusionMatrix,
} from "./confusionMatrix/confusionMatrix.ts";
export { fitTemperature, type TemperatureFit } from "./fitTemperature/fitTemperature.ts";
export { type Bin, type BinningOptions, reliability } from "./reliability/reliability.ts";
export type { AccumulatorOptions, Metric } from "./rows/defineMetric.ts";
export type { EvaluationInput, EvaluationOptions } from "./rows/options.ts";
