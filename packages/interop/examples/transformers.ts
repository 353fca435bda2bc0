import { Tensor } from "@huggingface/transformers";
import { logSoftmax } from "@surprisal/core";
import { crossEntropy } from "@surprisal/losses";

// In place of const { logits } = await model(inputs): two tokens, three words.
const logits = new Tensor("float32", Float32Array.of(2, 1, 0, 0, 3, 1), [1, 2, 3]);
const ids = new Tensor("int64", BigInt64Array.of(0n, 1n), [1, 2]);
const attentionMask = new Tensor("int64", BigInt64Array.of(1n, 0n), [1, 2]);

console.log(crossEntropy(logits, ids)); // 0.28872…
console.log(crossEntropy(logits, ids, { sampleWeight: attentionMask })); // 0.40760…

// A part of it is a tensor too: the last position.
console.log(logSoftmax(logits.slice(0, -1)).data); // [-3.169…, -0.169…, -2.169…]

// The result as a tensor of transformers.js.
const { data, shape } = logSoftmax(logits);
const logProbs = new Tensor("float32", data, [...shape]);
console.log(logProbs.slice(0, -1).tolist()); // [[-3.169…, -0.169…, -2.169…]]
