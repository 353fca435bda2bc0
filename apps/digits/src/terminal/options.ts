import { parseArgs } from "node:util";

export interface Options {
  readonly epochs: number;
  readonly seed: number;
}

export const DEFAULTS: Options = { epochs: 30, seed: 0 };

const USAGE = `Trains on handwritten digits by three routes to the same loss.

  --epochs N   passes over the training images (default ${DEFAULTS.epochs})
  --seed N     of the split, the initial weights and the order of images (default ${DEFAULTS.seed})
  --help       shows this`;

/** Reads the command line. Prints help or an error and returns nothing if there is nothing to run. */
export function readOptions(args: readonly string[]): Options | undefined {
  try {
    const options = parseOptions(args);
    if (options === "help") console.log(USAGE);
    else return options;
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    process.exitCode = 1;
  }
}

export function parseOptions(args: readonly string[]): Options | "help" {
  const { values } = parseArgs({
    args: [...args],
    options: {
      epochs: { type: "string" },
      seed: { type: "string" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) return "help";
  return {
    epochs: wholeNumber("--epochs", values.epochs, 1, 1000) ?? DEFAULTS.epochs,
    seed: wholeNumber("--seed", values.seed, 0, 2 ** 32 - 1) ?? DEFAULTS.seed,
  };
}

function wholeNumber(
  name: string,
  text: string | undefined,
  least: number,
  most: number,
): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least || value > most) {
    throw new RangeError(
      `${name} must be a whole number from ${least} to ${most}, got ${JSON.stringify(text)}.`,
    );
  }
  return value;
}
