import type { Context } from "./context.ts";
import { GpuError } from "./gpuError.ts";

/** The error of a call on the GPU, once it is known; undefined if the call went well. */
export type Failure = Promise<Error | undefined>;

const kinds = {
  validation: "refused a command",
  "out-of-memory": "is out of memory",
  internal: "failed",
};

/** Runs commands and returns their result with the error that the GPU reports for them later. */
export function watch<T>(
  functionName: string,
  { device }: Context,
  run: () => T,
): { result: T; failure: Failure } {
  const filters = ["internal", "out-of-memory", "validation"] as const;
  for (const filter of filters) device.pushErrorScope(filter);
  let popped: Promise<GPUError | null>[] = [];
  let result: T;
  try {
    result = run();
  } finally {
    popped = filters.map(() => device.popErrorScope());
  }
  const failure = Promise.all(popped).then(
    (errors) => {
      const index = errors.findIndex((error) => error !== null);
      if (index < 0) return undefined;
      const kind = [...filters].reverse()[index];
      return new GpuError(`${functionName}: the GPU ${kinds[kind]}: ${errors[index]?.message}`);
    },
    // The scope of a lost device.
    (error) => new GpuError(`${functionName}: the GPU device was lost: ${error?.message ?? error}`),
  );
  return { result, failure };
}

/** Returns the errors of a buffer: that of wrapping it, and that of the call that wrote to it last. */
export function failuresOf({ owners, writers }: Context, buffer: GPUBuffer): Failure[] {
  return [owners.get(buffer), writers.get(buffer)].filter((failure) => failure !== undefined);
}

/** Returns the first error that there is, in the order of the list. */
export async function firstFailure(failures: readonly Failure[]): Failure {
  return (await Promise.all(failures)).find((error) => error !== undefined);
}
