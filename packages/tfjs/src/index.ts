/**
 * The losses of `@surprisal/losses` as operations of TensorFlow.js, with gradients.
 *
 * @module
 */
export * from "./generated/operations.ts";
export {
  type CategoricalOptions,
  categoricalCrossentropy,
  sparseCategoricalCrossentropy,
} from "./kerasLosses.ts";
export type { Operation, OperationOptions, OperationTensors } from "./operationTypes.ts";
