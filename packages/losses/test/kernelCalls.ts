import { type RegisteredBackend, registerBackend } from "@surprisal/core/authoring";

/** How often each kernel of the cross-entropy was asked. */
export interface KernelCalls {
  crossEntropy: number;
  softCrossEntropy: number;
}

/** Counts the calls that a function makes of the kernels of the cross-entropy. */
export function countKernelCalls(run: () => void): KernelCalls {
  const calls = { crossEntropy: 0, softCrossEntropy: 0 };
  const count = (name: keyof KernelCalls) => () => {
    calls[name]++;
    return false;
  };
  const backend: RegisteredBackend = {
    crossEntropy: count("crossEntropy"),
    softCrossEntropy: count("softCrossEntropy"),
  };
  registerBackend(backend);
  try {
    run();
  } finally {
    registerBackend(undefined);
  }
  return calls;
}
