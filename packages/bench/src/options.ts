import { parseArgs } from "node:util";

export interface Options {
  readonly quick: boolean;
  readonly filters: readonly string[];
  readonly shapes?: readonly (readonly number[])[];
  readonly json?: string;
}

const USAGE = `Measures Surprisal beside its peers: speed, accuracy, size.

  --quick          small shapes, few rounds: under two minutes
  --filter TEXT    only where section, operation, shape or implementation contains it;
                   if given more than once, all must match
  --shapes LIST    for speed, routes, options and elements, such as 32x10,8x21x128x128; classes are on axis 1
  --json FILE      writes the results to a file
  --help           shows this help

PyTorch is measured if the Python that SURPRISAL_PYTHON names, or else python3, has it.`;

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
      quick: { type: "boolean" },
      filter: { type: "string", multiple: true },
      shapes: { type: "string" },
      json: { type: "string" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) return "help";
  if (values.json === "") throw new RangeError('--json must be a file, got "".');
  return {
    quick: values.quick ?? false,
    filters: values.filter ?? [],
    shapes: values.shapes?.split(",").map(readShape),
    json: values.json,
  };
}

const maxElements = 2 ** 27;

function readShape(text: string): number[] {
  const shape = text.split("x").map(Number);
  const elements = shape.reduce((a, b) => a * b, 1);
  if (!/^\d+(x\d+)+$/.test(text) || shape.includes(0) || elements > maxElements) {
    throw new RangeError(
      `--shapes must have two axes or more, none empty, and at most ${maxElements} elements, such as 32x10; got ${JSON.stringify(text)}.`,
    );
  }
  return shape;
}
