import { softmax } from "@surprisal/core";
import { crossEntropy } from "@surprisal/losses";
import { Matrix } from "ml-matrix";

const inputs = new Matrix([
  [1, 0],
  [0, 1],
]);
const weights = new Matrix([
  [2, 1, 0],
  [0, 3, 1],
]);
const labels = Matrix.columnVector([0, 1]);

// A matrix is to2DArray(), a column is to1DArray().
const logits = inputs.mmul(weights).to2DArray();
const { value, grad } = crossEntropy.valueAndGrad(logits, labels.to1DArray());
console.log(value); // 0.28872…

// Results are nested arrays, which the constructor takes: here, the gradient of the weights.
const gradient = inputs.transpose().mmul(new Matrix(grad));
console.log(gradient.get(0, 0)); // -0.16737…
console.log(new Matrix(softmax(logits)).getRow(0)); // [0.665…, 0.244…, 0.090…]
