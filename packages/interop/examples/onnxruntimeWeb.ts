import { readFile } from "node:fs/promises";
import { softmax } from "@surprisal/core";
import { crossEntropy } from "@surprisal/losses";
import * as ort from "onnxruntime-web";

// In a page, pass the address of the model: ort.InferenceSession.create("/classifier.onnx").
const open = async (name: string) =>
  ort.InferenceSession.create(await readFile(new URL(`../models/${name}.onnx`, import.meta.url)));

const classifier = await open("classifier");
const input = new ort.Tensor("float32", Float32Array.of(1, 0, 0, 1), [2, 2]);
const { logits, half, label } = await classifier.run({ input });
console.log(crossEntropy(logits, label)); // 0.35284…

// float16 in, float16 out, and back into a session.
const { data, shape } = softmax(half);
const probabilities = new ort.Tensor("float16", [...data], shape);
const { confidence } = await (await open("confidence16")).run({ probabilities, label });
console.log(confidence.data); // [0.628…, 0.785…]
