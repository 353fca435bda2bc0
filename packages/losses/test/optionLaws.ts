import { expect } from "vitest";
import type { Call } from "./calls.ts";
import { type AnyLoss, flat } from "./tensors.ts";

/** The driver's options whose effect depends on the targets and logits: its tests are their own. */
const commonOptions = ["reduction", "axis", "ignoreIndex", "skipMasked", "whenEmpty"];

/** The options of all losses. */
const otherOptions = [...commonOptions, "sampleWeight", "out", "gradOutput", "differentiate"];

/** Options that only tests of their own have, by the loss's name. */
const testedAlone: Readonly<Record<string, readonly string[]>> = {
  crossEntropy: ["softcap", "zLoss"],
  // The losses of classLoss.test.ts and elementBroadcast.test.ts.
  focal: ["gamma"],
  gaussian: ["offset"],
};

/** The names of the options that a test file gives each loss. */
const givenOptions = new WeakMap<object, Set<string>>();

/** Keeps the names of options for `expectEachOption`: the calls of a test file, and its cases. */
export function noteOptions(loss: AnyLoss, all: Iterable<object | undefined>): void {
  const given = givenOptions.get(loss) ?? new Set();
  for (const options of all) for (const name of Object.keys(options ?? {})) given.add(name);
  givenOptions.set(loss, given);
}

/** Checks that each option that a loss alone declares is in a call of `checkLoss`, or in a case of `checkFixtures`. */
export function expectEachOption(loss: AnyLoss, call: Call): void {
  const known = new Set([
    ...otherOptions,
    ...(testedAlone[loss.name] ?? []),
    ...(givenOptions.get(loss) ?? []),
  ]);
  const missing = optionsOf(loss, call).filter((name) => !known.has(name));
  expect(
    missing,
    `options of ${loss.name} that no call of checkLoss and no case of cases.py has. Add a call with each, or delete it from the definition`,
  ).toEqual([]);
}

/** Returns the names of all options of a loss, as its error about an unknown one lists them. */
function optionsOf(loss: AnyLoss, { input, rest }: Call): string[] {
  let message = "";
  try {
    loss(input, ...rest, { noSuchOption: 1 });
  } catch (error) {
    message = (error as Error).message;
  }
  const names = /expected one of (.*)\.$/.exec(message)?.[1];
  if (names === undefined) throw new Error(`${loss.name} does not name its options: ${message}`);
  return names.split(", ");
}

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
