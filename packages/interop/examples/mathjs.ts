import { softmax } from "@surprisal/core";
import { crossEntropy } from "@surprisal/losses";
import { type Matrix, matrix, multiply } from "mathjs";

const inputs = matrix([
  [1, 0],
  [0, 1],
]);
const weights = matrix([
  [2, 1, 0],
  [0, 3, 1],
]);

// toArray() gives the rows of a matrix. matrix() turns a result into a matrix.
const logits = multiply(inputs, weights).toArray() as number[][];
console.log(crossEntropy(logits, [0, 1])); // 0.28872…
const probabilities: Matrix = matrix(softmax(logits));
console.log(probabilities.size()); // [2, 3]
console.log(probabilities.get([0, 0])); // 0.66524…
