import { registerBackend } from "@surprisal/core/authoring";

/** Returns the kernels of the cross-entropy that a function asks, in order. */
export function kernelCalls(run: () => void): string[] {
  const calls: string[] = [];
  const decline = (name: string) => () => {
    calls.push(name);
    return false;
  };
  registerBackend({
    crossEntropy: decline("crossEntropy"),
    softCrossEntropy: decline("softCrossEntropy"),
    softcapCrossEntropy: decline("softcapCrossEntropy"),
  });
  try {
    run();
  } finally {
    registerBackend(undefined);
  }
  return calls;
}
