// Which kernels this browser has, and how long each takes for 128 rows of 1000 classes.
import { kernels, tensor, useKernels } from "@surprisal/core";
import { crossEntropy } from "@surprisal/losses";

const logits = tensor(
  Float32Array.from({ length: 128 * 1000 }, (_, i) => 5 * Math.sin(i)),
  [128, 1000],
);
const labels = new Uint16Array(128);

for (const name of kernels().available) {
  useKernels(name);
  const times = Array.from({ length: 50 }, () => {
    const start = performance.now();
    crossEntropy(logits, labels);
    return performance.now() - start;
  });
  console.log(name, Math.min(...times).toFixed(2), "ms");
}
