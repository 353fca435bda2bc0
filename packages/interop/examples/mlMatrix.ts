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

// to2DArray() gives the rows of a matrix, and to1DArray() gives a column.
const logits = inputs.mmul(weights).to2DArray();
const { value, grad } = crossEntropy.valueAndGrad(logits, labels.to1DArray());
console.log(value); // 0.28872…

// new Matrix() takes results: here, to make the gradient of the weights.
const gradient = inputs.transpose().mmul(new Matrix(grad));
console.log(gradient.get(0, 0)); // -0.16737…
console.log(new Matrix(softmax(logits)).getRow(0)); // [0.665…, 0.244…, 0.090…]
