import type { KernelName } from "@surprisal/core";
import type { Memory } from "./webAssembly.ts";

/** What a worker is told. */
export type ToWorker =
  | { readonly type: "start"; readonly control: SharedArrayBuffer; readonly thread: number }
  | {
      readonly type: "buffer";
      readonly number: number;
      readonly source: Memory | SharedArrayBuffer;
    }
  | { readonly type: "release"; readonly number: number }
  | { readonly type: "run" }
  | { readonly type: "stop" };

/** What a worker says once it is there. */
export interface FromWorker {
  readonly type: "ready";
  readonly kernels: readonly KernelName[];
}
