import { expect } from "vitest";
import type { AnyLoss } from "./tensors.ts";

/** Checks that a law holds for the right loss and fails for each mutant. */
export function expectNoticed(law: (loss: AnyLoss) => void, right: AnyLoss, mutants: object): void {
  law(right);
  for (const [name, mutant] of Object.entries(mutants)) {
    const failure = expect.objectContaining({ name: "AssertionError" });
    expect(() => law(mutant), name).toThrow(failure);
  }
}
