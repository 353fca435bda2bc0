/** What the benchmark writes, as far as the site shows it. */
export interface Recorded {
  readonly date: string;
  readonly machine: { readonly cpu: string; readonly cores: number; readonly system: string };
  readonly runtime: { readonly node: string; readonly v8: string };
  readonly effort: { readonly rounds: number };
  readonly contestants: readonly Contestant[];
  readonly results: readonly {
    readonly section: string;
    readonly operation: string;
    readonly shape: readonly number[];
    readonly elements: number;
    readonly contestant: string;
    readonly ulp: number | string;
    readonly wrong: boolean;
    readonly times: { readonly median: number };
    readonly memory?: number;
  }[];
  readonly gridKinds: readonly string[];
  readonly accuracy: readonly Accuracy[];
  readonly size: readonly Size[];
}

export interface Contestant {
  readonly name: string;
  readonly version: string;
  readonly kind: string;
}

export interface Size {
  readonly name: string;
  readonly minified: number;
  readonly brotli: number;
}

/** Errors in ulp of float32; infinite ones as text, since JSON has no others. */
export interface Accuracy {
  readonly operation: string;
  readonly classes: number;
  readonly contestant: string;
  readonly ulp: number | string;
  readonly ulps: readonly (number | string)[];
}

/** One measurement: the median of a call, in nanoseconds. */
export interface Measured {
  readonly section: string;
  readonly operation: string;
  readonly shape: string;
  readonly elements: number;
  readonly contestant: string;
  readonly time: number;
  /** Whether its answers were off by more than a benchmark lets pass. */
  readonly wrong: boolean;
  /** Bytes that a call allocates. */
  readonly memory?: number;
}

export const rival = "PyTorch, 1 thread";
export const ours = "Surprisal relaxed";
export const oursAllocated = "Surprisal relaxed, allocated";

/** How the operations are called on the pages. */
export const operationNames: Readonly<Record<string, string>> = {
  softmax: "softmax",
  logSoftmax: "logSoftmax",
  crossEntropy: "cross-entropy",
  crossEntropyGradient: "cross-entropy + gradient",
};

/** The two ways to one value from each row. Both are plain loops: what differs is the matrix between. */
export const gatherWays = {
  contestant: "plain JavaScript loop",
  names: { gather: "one value per row", diagonal: "diagonal of the gathered matrix" },
};

/** Leaves out what no page shows. */
export function trim(recorded: Recorded, file: string) {
  const { date, machine, runtime, effort, contestants, gridKinds, accuracy, size } = recorded;
  return {
    file,
    date: date.slice(0, 10),
    machine,
    runtime,
    rounds: effort.rounds,
    contestants: contestants.map(({ name, version, kind }) => ({ name, version, kind })),
    measured: recorded.results.map(
      ({ section, operation, shape, elements, contestant, times, wrong, memory }): Measured => ({
        section,
        operation,
        shape: shape.join("×"),
        elements,
        contestant,
        time: times.median,
        wrong,
        memory,
      }),
    ),
    gridKinds,
    accuracy,
    size,
  };
}

export type Results = ReturnType<typeof trim>;

/** Everyone's measurements of one operation on one shape. */
export function heat(
  { measured }: Results,
  section: string,
  operation: string,
  shape: string,
): Measured[] {
  return measured.filter(
    (one) => one.section === section && one.operation === operation && one.shape === shape,
  );
}

export function shapesOf({ measured }: Results, section: string): string[] {
  return [...new Set(measured.filter((one) => one.section === section).map(({ shape }) => shape))];
}

/** The wished one of several choices, where it is among them; else the first. */
export function choose(wish: string, choices: readonly string[]): string {
  return choices.includes(wish) ? wish : choices[0];
}

/** The sizes along the axes of a shape. */
export function sizesOf(shape: string): number[] {
  return shape.split("×").map(Number);
}

export function perElement({ time, elements }: Pick<Measured, "time" | "elements">): number {
  return time / elements;
}

/**
 * How many times as fast as the rival each one is, but for those whose answers are wrong. Without
 * the rival, no one; a wrong rival still gives the time to compare with.
 */
export function ratios(heat: readonly Measured[]): { contestant: string; ratio: number }[] {
  const yardstick = timeOf(heat, rival);
  if (yardstick === undefined) return [];
  return heat
    .filter(({ wrong }) => !wrong)
    .map(({ contestant, time }) => ({ contestant, ratio: yardstick / time }));
}

export function timeOf(heat: readonly Measured[], contestant: string): number | undefined {
  return heat.find((one) => one.contestant === contestant)?.time;
}

export function isWrong(heat: readonly Measured[], contestant: string): boolean {
  return heat.some((one) => one.contestant === contestant && one.wrong);
}

/** The other libraries in JavaScript, the fastest first; plain loops are no library. */
export function peers(results: Results, heat: readonly Measured[]): Measured[] {
  const libraries = results.contestants.filter(
    ({ kind, name }) => kind === "JavaScript" && name !== "plain JavaScript loop",
  );
  return heat
    .filter(({ contestant, wrong }) => !wrong && libraries.some(({ name }) => name === contestant))
    .sort((a, b) => a.time - b.time);
}
