import { fileURLToPath } from "node:url";
import { logSoftmax, softmax } from "@surprisal/core";
import { crossEntropy } from "@surprisal/losses";
import * as ort from "onnxruntime-node";

const fileOf = (name: string) => fileURLToPath(new URL(`../models/${name}.onnx`, import.meta.url));

// Two features, three classes. The model gives float32 logits,
// float16 logits and an int64 label.
const classifier = await ort.InferenceSession.create(fileOf("classifier"));
const input = new ort.Tensor("float32", Float32Array.of(1, 0, 0, 1), [2, 2]);
const { logits, half, label } = await classifier.run({ input });

// Its tensors can be passed as they are, as inputs and as targets.
const logProbs = logSoftmax(logits).data.subarray(0, 3);
console.log(logProbs); // [-0.464…, -1.464…, -1.964…]
console.log(crossEntropy(logits, label)); // 0.35284…
const known = new ort.Tensor("int64", [0n, 2n], [2]);
console.log(crossEntropy(half, known)); // 1.10284…

// To pass a result back, give its data and shape to the constructor.
const { data, shape } = softmax(logits);
const probabilities = new ort.Tensor("float32", data as Float32Array, shape);
const next = await ort.InferenceSession.create(fileOf("confidence"));
const { confidence } = await next.run({ probabilities, label });
console.log(confidence.data); // [0.628…, 0.785…]
