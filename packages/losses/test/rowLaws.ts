// The laws of losses that belong to one element or one vector each: neighbours and blocks do not matter.
import { type Call, floatArguments, gradientsOf } from "./calls.ts";
import { expectNear } from "./expectNear.ts";
import { type RowCall, readRows } from "./rows.ts";
import { type AnyLoss, flat } from "./tensors.ts";

/** At least this many elements are three blocks of a formula. */
const largeLength = 9001;

/** Checks that a loss alone equals the same loss among others, with its own part of each option. */
export function expectIndependentRows(loss: AnyLoss, call: Call, kind: "element" | "row"): void {
  // Few numbers can be drawn so that a wrong one is the right one.
  for (const seed of [1, 2, 3]) {
    const rows = readRows(loss, call, kind, seed);
    if (rows !== undefined) expectSameAlone(loss, rows, namesOf(loss, call));
    if (!rows?.hasDrawn) return;
  }
}

function expectSameAlone(loss: AnyLoss, rows: RowCall, names: ReadonlyMap<string, number>): void {
  const together = evaluate(loss, rows, names, upTo(rows.count));
  for (let i = 0; i < rows.count; i++) {
    expectSame(
      evaluate(loss, rows, names, [i]),
      together,
      rows,
      [i],
      `loss ${i} alone, compared with the call for all`,
    );
  }
}

/** Checks that each loss among thousands, a number that 4 does not divide, equals the same loss among few. */
export function expectSameInBlocks(loss: AnyLoss, call: Call, kind: "element" | "row"): void {
  const rows = readRows(loss, call, kind);
  if (rows === undefined) return;
  const names = namesOf(loss, call);
  const length = 4 * Math.ceil(largeLength / (4 * rows.sizes[0])) + 1;
  const losses = Array.from({ length }, (_, i) => i % rows.count);
  const few = evaluate(loss, rows, names, upTo(rows.count));
  expectSame(
    evaluate(loss, rows, names, losses),
    few,
    rows,
    losses,
    `${length} losses, compared with the call for ${rows.count}`,
  );
}

/** The losses of a call, as both functions return them, and their gradients by the argument's position. */
interface Results {
  readonly losses: readonly number[];
  readonly values: readonly number[];
  readonly gradients: readonly (readonly [position: number, gradient: readonly number[]])[];
}

function evaluate(
  loss: AnyLoss,
  rows: RowCall,
  names: ReadonlyMap<string, number>,
  indices: readonly number[],
): Results {
  const { args, options } = rows.select(indices);
  const unreduced = { ...options, reduction: "none" };
  const result = loss.valueAndGrad(...args, unreduced);
  const [first] = names.keys();
  const gradients = Object.entries(gradientsOf(result, [first]));
  return {
    losses: flat(loss(...args, unreduced)),
    values: flat(result.value),
    gradients: gradients.flatMap(([name, gradient]) => {
      const position = names.get(name);
      return position === undefined ? [] : [[position, flat(gradient)] as const];
    }),
  };
}

/** Compares the results of losses with those of the same losses among all, one after another. */
function expectSame(
  actual: Results,
  all: Results,
  { sizes }: RowCall,
  losses: readonly number[],
  label: string,
): void {
  const compare = (
    found: readonly number[],
    wanted: readonly number[],
    size: number,
    what: string,
  ) => {
    const expected = losses.flatMap((i) => wanted.slice(i * size, (i + 1) * size));
    expectNear(found, expected, { limit: 1e-12, floor: 1e-3 }, `${what} of ${label}`);
  };
  compare(actual.losses, all.losses, 1, "result");
  compare(actual.values, all.losses, 1, "value of valueAndGrad");
  actual.gradients.forEach(([position, gradient], i) => {
    compare(gradient, all.gradients[i][1], sizes[position], `gradient of argument ${position}`);
  });
}

/** Returns the positions of the arguments that hold floats, by name. */
function namesOf(loss: AnyLoss, call: Call): ReadonlyMap<string, number> {
  return new Map(floatArguments(loss, call).map(({ name, position }) => [name, position]));
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}
