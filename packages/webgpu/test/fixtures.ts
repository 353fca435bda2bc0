import { magnitude, readFixtures, relativeError } from "@surprisal/testing";
import { expect } from "vitest";
import type { GpuTensor } from "../src/index.ts";

interface FixtureTensor {
  dtype?: string;
  shape: number[];
  data: number[];
}

/** PyTorch's answer to a call of a loss; the arguments are beside these by their names. */
export interface Fixture {
  note: string;
  dtype: "float32" | "float64";
  axis?: number;
  options: Readonly<Record<string, unknown>>;
  upstream: number | number[];
  value: FixtureTensor;
  grad: FixtureTensor;
  grads?: Readonly<Record<string, FixtureTensor>>;
  [argument: string]: unknown;
}

/** A loss of the GPU, without the types of its arguments. */
// biome-ignore lint/suspicious/noExplicitAny: fixtures call losses of all signatures.
export type AnyLoss = any;

const others = ["note", "dtype", "axis", "options", "upstream", "value", "grad", "grads"];

/** Reads the float32 cases of a loss from its folder in packages/losses. */
export function float32Fixtures(loss: string): Fixture[] {
  const url = new URL(`../../losses/src/${loss}/${loss}.cases.json.gz`, import.meta.url);
  return readFixtures<Fixture>(url).filter(({ dtype }) => dtype === "float32");
}

const isFixtureTensor = (value: unknown): value is FixtureTensor =>
  typeof value === "object" && value !== null && "shape" in value && "data" in value;

/** Returns the options of a case. */
export function optionsOf({ options, axis }: Fixture): Record<string, unknown> {
  const values = Object.entries(options).map(([name, value]) => [
    name,
    isFixtureTensor(value) ? { data: Float64Array.from(value.data), shape: value.shape } : value,
  ]);
  return { ...(axis === undefined ? {} : { axis }), ...Object.fromEntries(values) };
}

/** Returns the arguments of a case: the first is on the GPU, and the others are what `convert` makes of them. */
export function argumentsOf(
  fixture: Fixture,
  convert: (tensor: FixtureTensor, place: number) => unknown,
): unknown[] {
  return Object.entries(fixture)
    .filter(([name]) => !others.includes(name))
    .map(([, tensor], place) => convert(tensor as FixtureTensor, place));
}

/** Returns the upstream gradient of a case. */
export function upstreamOf({ upstream, value }: Fixture): unknown {
  return typeof upstream === "number"
    ? upstream
    : { data: Float64Array.from(upstream), shape: value.shape };
}

/** Returns the elements that a tensor of any rank holds. */
export async function elementsOf(tensor: GpuTensor): Promise<number[]> {
  const read = await tensor.read();
  return typeof read === "number" ? [read] : Array.from(read.data);
}

/** Compares elements with PyTorch's, as the CPU's tests do. */
export function expectClose(
  actual: readonly number[],
  { data }: FixtureTensor,
  label: string,
): void {
  // A GPU may replace a number below the normal range by 0.
  const isTiny = (x: number) => Math.abs(x) < 2 ** -126;
  const expected = data.map((x, i) =>
    isTiny(x) && isTiny(actual[i]) ? actual[i] : Math.fround(x),
  );
  const error = relativeError(actual, expected, 5e-2 * magnitude(expected));
  expect(error, `${label}: [${actual}] instead of [${expected}]`).toBeLessThan(2e-6);
}
