import { tensor } from "@surprisal/core";
import { crossEntropy } from "@surprisal/losses";
import { randomBatch } from "@surprisal/testing/benchmark";
import type { Gpu } from "@surprisal/webgpu";
import { nameOf } from "./nameOf.ts";

export interface Answer {
  readonly place: string;
  readonly loss: number;
  /** Median milliseconds of a call with its gradient. */
  readonly time: number;
}

export interface Comparison {
  /** What the browser says of the GPU; undefined if there is none. */
  readonly gpu: string | undefined;
  /** Why the GPU did not compute. */
  readonly problem: string;
  readonly answers: readonly Answer[];
}

const [rows, classes] = [256, 8192];
const calls = 5;

/** Computes the loss of random logits and its gradient on the CPU and, where there is one, on the GPU. */
export async function compareOnGpu(): Promise<Comparison> {
  const { logits, targets } = randomBatch(rows, classes);
  const onCpu = tensor(logits, [rows, classes]);
  const cpu = await timed("CPU", async () => crossEntropy.valueAndGrad(onCpu, targets).value);
  try {
    const { onGpu } = await import("@surprisal/webgpu");
    const gpu = await onGpu();
    const answer = await answerOf(gpu, logits, targets);
    return { gpu: nameOf(gpu), problem: "", answers: [cpu, answer] };
  } catch (error) {
    return { gpu: undefined, problem: (error as Error).message, answers: [cpu] };
  }
}

async function answerOf(gpu: Gpu, data: Float32Array, targets: Int32Array): Promise<Answer> {
  const logits = gpu.tensor(data, [rows, classes]);
  // As after a model, whose logits and targets are on the GPU already.
  const target = gpu.tensor(targets, [rows], { type: "int32" });
  const answer = await timed("GPU", async () => {
    const { value, grad } = gpu.crossEntropy.valueAndGrad(logits, target);
    const loss = (await value.read()) as number;
    value.destroy();
    grad.destroy();
    return loss;
  });
  gpu.device.destroy();
  return answer;
}

async function timed(place: string, compute: () => Promise<number>): Promise<Answer> {
  // The first call compiles the kernels.
  let loss = await compute();
  const times: number[] = [];
  for (let i = 0; i < calls; i++) {
    const start = performance.now();
    loss = await compute();
    times.push(performance.now() - start);
  }
  return { place, loss, time: times.sort((a, b) => a - b)[Math.floor(calls / 2)] };
}
