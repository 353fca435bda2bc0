import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { crossEntropy } from "@surprisal/losses";
import { afterEach, expect, it } from "vitest";
import { type ModulePage, openPage } from "./openPage.ts";

const { resolve } = createRequire(import.meta.url);

/** The logits that each library computes, and their loss. */
const logits = [
  [2, 1, 0.5],
  [0, 3, 1.5],
];
const scored = {
  sharesBuffer: true,
  shape: [2, 3],
  loss: expect.closeTo(crossEntropy(logits, [0, 1]), 6),
};

let browser: ModulePage | undefined;

async function score(module: string, files: Record<string, string> = {}, argument?: unknown) {
  browser = await openPage(module, files);
  return browser.call<Record<string, unknown>>("score", argument);
}

afterEach(async () => {
  await browser?.close();
  browser = undefined;
});

it("scores logits of ONNX Runtime in its buffer, and refuses those of another device", async () => {
  const wasm = resolve("onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm");
  const model = new URL("../../../interop/models/linear.onnx", import.meta.url);
  const files = { "ort.wasm": wasm, "ort.mjs": wasm.replace(/wasm$/, "mjs") };
  const { errors, ...result } = await score("./onnx.ts", files, [...readFileSync(model)]);
  expect(result).toEqual({
    ...scored,
    location: "gpu-buffer",
    transformersSharesBuffer: true,
    logits: logits.flat(),
  });
  expect(errors).toHaveLength(2);
  for (const error of errors as string[]) {
    expect(error).toMatch(
      /^GpuError: tensor: the buffer cannot be used on this device.*onGpu\(await ort\.env\.webgpu\.device\)/,
    );
  }
});

it("scores logits of TensorFlow.js in the buffer of dataToGPU", async () => {
  expect(await score("./tensorflow.ts")).toEqual({ ...scored, backend: "webgpu" });
});

it("scores logits of jax-js in its buffer", async () => {
  expect(await score("./jax.ts")).toEqual({ ...scored, backend: "webgpu" });
});
