import { expect } from "vitest";
import type { Call } from "./calls.ts";
import { type AnyLoss, flat } from "./tensors.ts";

/** The driver's options whose effect depends on the targets and logits: its tests are their own. */
const commonOptions = ["reduction", "axis", "ignoreIndex", "skipMasked", "whenEmpty"];

/** Checks that each option of the calls changes the losses or a gradient of one of them, or is needed there. */
export function expectEffects(loss: AnyLoss, calls: readonly Call[]): void {
  const names = new Set(calls.flatMap(({ options = {} }) => Object.keys(options)));
  for (const name of commonOptions) names.delete(name);
  for (const name of names) {
    const given = calls.filter(({ options = {} }) => Object.hasOwn(options, name));
    expect(
      given.some((call) => hasEffect(loss, call, name)),
      `${name} changes no result. If it must not, leave it out of the calls, and test it alone.`,
    ).toBe(true);
  }
}

function hasEffect(loss: AnyLoss, { input, rest, options }: Call, name: string): boolean {
  const { [name]: _, ...others } = options as Record<string, unknown>;
  const results = (given: object | undefined) => {
    const { value, grad, grads } = loss.valueAndGrad(input, ...rest, given);
    return [flat(value), flat(grad), ...Object.values(grads ?? {}).map(flat)];
  };
  const expected = results(options);
  try {
    return JSON.stringify(results(others)) !== JSON.stringify(expected);
  } catch (error) {
    // Without the option, the shapes need not fit.
    return error instanceof RangeError;
  }
}
