import { softmax, tensor } from "@surprisal/core";
import { crossEntropy } from "@surprisal/losses";
import { Field, FixedSizeList, Float32, tableFromArrays, vectorFromArray } from "apache-arrow";

const table = tableFromArrays({
  cat: new Float32Array([2, 0]),
  dog: new Float32Array([1, 3]),
  label: new Int32Array([0, 1]),
});

// toArray() gives a column. Each class is a column here, so the class axis is 0.
const columns = (["cat", "dog"] as const).map((name) => table.getChild(name)?.toArray() ?? []);
const labels = table.getChild("label")?.toArray() ?? [];
console.log(crossEntropy(columns, labels, { axis: 0 })); // 0.18092…
console.log(softmax(columns, { axis: 0 })); // [[0.731…, 0.0474…], [0.268…, 0.952…]]

// A column of lists of equal length is one array with a shape.
const type = new FixedSizeList(3, new Field("logit", new Float32()));
const logits = vectorFromArray(
  [
    [2, 1, 0],
    [0, 3, 1],
  ],
  type,
);
const values = logits.getChildAt(0)?.toArray() as Float32Array;
const rows = tensor(values, [logits.length, type.listSize]);
console.log(crossEntropy(rows, labels)); // 0.28872…
