import { softmax } from "@surprisal/core";
import { crossEntropy } from "@surprisal/losses";
import ndarray from "ndarray";

const logits = ndarray(new Float32Array([2, 1, 0, 0, 3, 1]), [2, 3]);
const labels = ndarray(new Int32Array([0, 1]), [2]);

console.log(crossEntropy(logits, labels)); // 0.28872…

// Views are read in place: transposed, reversed, every second row, a part.
console.log(softmax(logits.transpose(1, 0)).shape); // [3, 2]
console.log(softmax(logits.step(1, -1)).data.subarray(0, 3)); // [0.090…, 0.244…, 0.665…]
console.log(softmax(logits.hi(1, 2)).data); // [0.731…, 0.268…]

// `out` writes into an ndarray, whatever its strides.
const columns = ndarray(new Float32Array(6), [3, 2]).transpose(1, 0);
softmax(logits, { out: columns });
console.log(columns.get(1, 1)); // 0.8437…

// A result as an ndarray.
const { data, shape } = softmax(logits);
console.log(ndarray(data, [...shape]).get(0, 2)); // 0.0900…
