import { readFile } from "node:fs/promises";
import { softmax } from "@surprisal/core";
import { crossEntropy } from "@surprisal/losses";
import { dump, load } from "npyjs";

const open = async (name: string) => load(await readFile(new URL(name, import.meta.url)));

// The logits were saved in Fortran order, the labels are int64, the mask is of booleans.
const logits = await open("../models/logits.npy");
const labels = await open("../models/labels.npy");
const mask = await open("../models/mask.npy");

console.log(logits.fortranOrder ? 1 : 0); // 1
console.log(crossEntropy(logits, labels)); // 0.28872…
console.log(crossEntropy(logits, labels, { sampleWeight: mask })); // 0.40760…

// A result in NumPy's format, in row-major order.
const { data, shape } = softmax(logits);
const file = dump(data as Float32Array, [...shape]);
console.log(softmax(await load(file)).shape); // [2, 3]
