import * as runtime from "onnxruntime-web";
import { versionOf } from "../version.ts";
import type { Contestant } from "./contestant.ts";
import { onnxContestant } from "./onnx.ts";

export async function open(): Promise<Contestant[]> {
  runtime.env.wasm.numThreads = 1;
  const about = {
    name: "onnxruntime-web",
    version: versionOf("onnxruntime-web"),
    kind: "JavaScript" as const,
    times: "`session.run`: the copy into its memory and out of it, allocation of the output",
  };
  const contestant = onnxContestant(about, runtime, "wasm");
  return [
    {
      ...contestant,
      async prepare(problem) {
        const had = "Worker" in globalThis;
        const task = await contestant.prepare(problem);
        // Where Node has no global Worker it leaves one behind, and with it jax-js, which takes the
        // runtime for a browser with shared memory, fails.
        if (!had) Reflect.deleteProperty(globalThis, "Worker");
        return task;
      },
    },
  ];
}
