// Two rows of predictions, and their labels in both forms.
import { tensor1d, tensor2d } from "@tensorflow/tfjs-core";

export const logits = () => tensor2d([2, 1, 0, 0, 1, 2.5], [2, 3]);
export const indices = () => tensor1d([0, 2], "int32");
export const oneHotRows = () => tensor2d([1, 0, 0, 0, 0, 1], [2, 3]);
