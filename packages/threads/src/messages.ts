import type { KernelName } from "@surprisal/core";
import type { SharedMemory } from "./copy.ts";

/** A message to a worker. */
export type ToWorker =
  | { readonly type: "start"; readonly control: SharedArrayBuffer; readonly thread: number }
  | {
      readonly type: "buffer";
      readonly number: number;
      readonly source: SharedMemory | SharedArrayBuffer;
    }
  | { readonly type: "release"; readonly number: number }
  | { readonly type: "run" }
  | { readonly type: "stop" };

/** The first message from a worker. */
export interface FromWorker {
  readonly type: "ready";
  readonly kernels: readonly KernelName[];
  /** The version of the losses that the worker knows. */
  readonly losses: string;
}
