import * as runtime from "onnxruntime-node";
import { versionOf } from "../version.ts";
import type { Contestant } from "./contestant.ts";
import { onnxContestant } from "./onnx.ts";

export async function open(): Promise<Contestant[]> {
  const about = {
    name: "onnxruntime-node",
    version: versionOf("onnxruntime-node"),
    kind: "native" as const,
    times: "`session.run`: inputs used where they are, allocation of the output",
  };
  return [onnxContestant(about, runtime, "cpu")];
}
