// A worker that fails as it is told, before it writes its first result or while it does.
import { workerData } from "node:worker_threads";
import * as losses from "@surprisal/losses/threads";
import { parentPort } from "../src/parentPort.ts";
import { runWorker } from "../src/runWorker.ts";

function hang(): never {
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);
}

const { set } = Float32Array.prototype;

/** Writes the first half of the next numbers that are copied to an array of threads, and goes no further. */
function writeHalf(this: Float32Array, source: ArrayLike<number>, offset?: number): void {
  if (!(this.buffer instanceof SharedArrayBuffer)) set.call(this, source, offset);
  else {
    set.call(this, Array.prototype.slice.call(source, 0, source.length >> 1), offset);
    hang();
  }
}

const faults: Record<string, () => void> = {
  exits: () => process.exit(3),
  throws: () => {
    throw new Error("out of order");
  },
  hangs: hang,
  hangsWriting: () => {
    Float32Array.prototype.set = writeHalf;
  },
  late: () => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 30);
  },
};

runWorker(parentPort(), losses, faults[workerData as string]);
