import * as runtime from "onnxruntime-node";
import { versionOf } from "../version.ts";
import type { Implementation } from "./implementation.ts";
import { onnxImplementation } from "./onnx.ts";

export async function open(): Promise<Implementation[]> {
  const about = {
    name: "onnxruntime-node",
    version: versionOf("onnxruntime-node"),
    kind: "native" as const,
    overhead: "`session.run`: allocation of the output; inputs are not copied",
  };
  return [onnxImplementation(about, runtime, "cpu")];
}
