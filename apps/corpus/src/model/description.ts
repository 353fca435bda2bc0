import { readFileSync } from "node:fs";

/** A language model over bytes, as its training script describes it. */
export interface ModelDescription {
  readonly name: string;
  /** The hash of the ONNX file. Scores of different models must not be added up. */
  readonly sha256: string;
  /** The number of tokens: every byte is one. */
  readonly vocabulary: number;
  /**
   * The number of predictions before the first that is scored. The model reads one byte more than this before the
   * first byte that it scores.
   */
  readonly context: number;
  /** The largest number of bytes that are scored from one empty memory. */
  readonly window: number;
  readonly trainedOn: readonly string[];
  readonly heldOut: readonly string[];
}

/** The model that is committed with this app. Its file is loaded by the threads that score. */
export const modelDescription: ModelDescription = JSON.parse(
  readFileSync(new URL("../../model/byteModel.json", import.meta.url), "utf8"),
);
