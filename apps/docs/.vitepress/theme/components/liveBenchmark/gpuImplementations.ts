import type { Batch } from "@surprisal/testing/benchmark";
import type { Gpu, GpuData, GpuTensor } from "@surprisal/webgpu";
import type { Implementation, Operation } from "./cases.ts";

/** The operations of the benchmark on a GPU, and the end of their memory. */
type GpuImplementations = Readonly<Record<Operation, Implementation>> & { destroy(): void };

/** Makes the operations for logits that are on the GPU. Results stay there, until an answer is compared. */
export function gpuImplementations(
  gpu: Gpu,
  batch: Batch,
  shape: readonly [number, number],
): GpuImplementations {
  const logits = gpu.tensor(batch.logits, shape);
  const targets = gpu.tensor(batch.targets, [shape[0]], { type: "int32" });
  const probabilities = gpu.empty(shape);
  let results: readonly GpuTensor[] = [];
  const replaceResults = (next: readonly GpuTensor[]) => {
    for (const result of results) result.destroy();
    results = next;
  };
  const implementation = (compute: () => void, answer: Implementation["answer"]) => ({
    name: "Surprisal on the GPU",
    prepare() {},
    compute,
    settle: () => gpu.device.queue.onSubmittedWorkDone().then(() => {}),
    answer,
  });
  return {
    softmax: implementation(
      () => gpu.softmax(logits, { out: probabilities }),
      () => elementsOf(probabilities),
    ),
    "cross-entropy": implementation(
      () => replaceResults([gpu.crossEntropy(logits, targets)]),
      () => elementsOf(results[0]),
    ),
    "cross-entropy + gradient": implementation(
      () => {
        const { value, grad } = gpu.crossEntropy.valueAndGrad(logits, targets);
        replaceResults([grad, value]);
      },
      () => elementsOf(results[0]),
    ),
    destroy() {
      replaceResults([]);
      for (const array of [logits, targets, probabilities]) array.destroy();
    },
  };
}

async function elementsOf(result: GpuTensor): Promise<ArrayLike<number>> {
  const read = await result.read();
  return typeof read === "number" ? [read] : (read as GpuData).data;
}
