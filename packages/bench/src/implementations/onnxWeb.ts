import * as runtime from "onnxruntime-web";
import { versionOf } from "../version.ts";
import type { Implementation } from "./implementation.ts";
import { onnxImplementation } from "./onnx.ts";

export async function open(): Promise<Implementation[]> {
  runtime.env.wasm.numThreads = 1;
  const about = {
    name: "onnxruntime-web",
    version: versionOf("onnxruntime-web"),
    kind: "JavaScript" as const,
    overhead: "`session.run`: copies into its memory and back, allocation of the output",
  };
  const implementation = onnxImplementation(about, runtime, "wasm");
  return [
    {
      ...implementation,
      async prepare(problem) {
        const hadWorker = "Worker" in globalThis;
        const task = await implementation.prepare(problem);
        // The runtime defines a global Worker where Node has none. It would make jax-js fail, which
        // takes Node for a browser with shared memory then.
        if (!hadWorker) Reflect.deleteProperty(globalThis, "Worker");
        return task;
      },
    },
  ];
}
