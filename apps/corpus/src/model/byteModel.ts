import { readFile } from "node:fs/promises";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { type ModelDescription, modelDescription } from "./description.ts";

/** A batch of windows, time first: the byte of row r at time t is at t · rows + r. */
export interface ByteModelInput {
  /** The bytes before those that are predicted; `context` more than are scored. */
  readonly previous: Uint8Array;
  readonly rows: number;
}

/** Logits of shape [time − context, rows, vocabulary]. */
export interface ByteModelLogits {
  readonly data: Float32Array;
  readonly dims: readonly number[];
}

export interface ByteModel {
  readonly description: ModelDescription;
  predict(input: ByteModelInput): Promise<ByteModelLogits>;
}

/** Loads the model that is committed with this app. */
export async function loadByteModel(): Promise<ByteModel> {
  const content = await readFile(new URL("../../model/byteModel.onnx", import.meta.url));
  // Shards are scored side by side, so one thread per session. It also fixes the order of additions.
  const session = await InferenceSession.create(content, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
  });
  return {
    description: modelDescription,
    async predict({ previous, rows }) {
      const feeds = { previous: new Tensor("uint8", previous, [previous.length / rows, rows]) };
      const { logits } = await session.run(feeds);
      return { data: logits.data as Float32Array, dims: logits.dims };
    },
  };
}
