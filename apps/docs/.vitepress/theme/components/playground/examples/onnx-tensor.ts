// A tensor of ONNX Runtime can be passed as it is: data, dims, and 64-bit labels.
import { crossEntropy } from "@surprisal/losses";

const output = {
  type: "float32",
  data: new Float32Array([2, 1, 0, 0, 3, 1]),
  dims: [2, 3],
};
const labels = {
  type: "int64",
  data: new BigInt64Array([0n, 1n]),
  dims: [2],
};

crossEntropy(output, labels);
crossEntropy(output, labels, { reduction: "none" });
