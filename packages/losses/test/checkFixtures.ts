import { readdirSync, readFileSync } from "node:fs";
import { magnitude, readFixtures } from "@surprisal/testing";
import { describe, expect, it } from "vitest";
import { expectNear } from "./expectNear.ts";
import { noteOptions } from "./optionLaws.ts";
import { type AnyLoss, flat, float64 } from "./tensors.ts";

export interface FixtureTensor {
  /** The type of an argument's elements. */
  dtype?: string;
  shape: number[];
  data: number[];
}

/** A case: besides these, it has one tensor per argument of the loss, in their order. */
export interface Fixture {
  note: string;
  dtype: "float32" | "float64";
  axis?: number;
  options: Readonly<Record<string, unknown>>;
  /** One number, or one per loss. */
  upstream: number | number[];
  value: FixtureTensor;
  grad: FixtureTensor;
  /** The gradients by the argument's name, if there are several. */
  grads?: Readonly<Record<string, FixtureTensor>>;
}

const tolerance = { float64: 1e-12, float32: 2e-6 };
const round = { float64: (value: number) => value, float32: Math.fround };
const arrayTypes = { float64: Float64Array, float32: Float32Array, bool: Uint8Array };

/**
 * Checks values and gradients against the fixtures, which hold PyTorch's answers to the cases in the
 * loss's folder.
 *
 * @param differences parts of notes: a case whose note holds one is left out, because the loss
 * differs from PyTorch there on purpose.
 */
export function checkFixtures(loss: AnyLoss, url: URL, differences: readonly string[] = []): void {
  const fixtures = readFixtures<Fixture>(url);
  noteOptions(
    loss,
    fixtures.map(({ options }) => options),
  );

  describe("equals PyTorch", () => {
    for (const dtype of ["float64", "float32"] as const) {
      it(dtype, () => {
        const selected = fixtures.filter(
          ({ dtype: type, note }) => type === dtype && !isDifferent(note, differences),
        );
        expect(selected.length, `number of ${dtype} cases`).toBeGreaterThan(50);
        explainTemplate(url, () => {
          for (const fixture of selected) checkFixture(loss, fixture);
        });
      });
    }

    if (differences.length > 0) {
      it("has a case for each difference that the test names", () => {
        expectDifferences(fixtures, differences);
      });
    }
  });
}

/** Returns whether the note of a case holds one of these parts. */
export function isDifferent(note: string, differences: readonly string[]): boolean {
  return differences.some((difference) => note.includes(difference));
}

/** Fails if a difference is part of no note: it leaves out no case. */
export function expectDifferences(
  fixtures: readonly Pick<Fixture, "note">[],
  differences: readonly string[],
): void {
  const wrong = differences.filter(
    (difference) => !fixtures.some(({ note }) => note.includes(difference)),
  );
  const what = "differences that are part of no case's note. Write them as cases.py does";
  expect(wrong, what).toEqual([]);
}

const templates = new URL("../_template/", import.meta.url);

/** Runs a check of fixtures. If it fails and the fixtures are still those of a template, the error says so. */
export function explainTemplate(url: URL, check: () => void): void {
  try {
    check();
  } catch (error) {
    const name = /(\w+)\.cases\.json\.gz$/.exec(url.href)?.[1];
    if (error instanceof Error && name !== "template" && isTemplate(url)) {
      error.message = `${name}.cases.json.gz still has the template's answers. Run: python3 packages/losses/test/makeFixtures.py ${name}\n${error.message}`;
    }
    throw error;
  }
}

function isTemplate(url: URL): boolean {
  const fixtures = readFileSync(url);
  return readdirSync(templates).some((kind) =>
    readFileSync(new URL(`${kind}/template.cases.json.gz`, templates)).equals(fixtures),
  );
}

function checkFixture(loss: AnyLoss, fixture: Fixture): void {
  const { note, dtype, axis, upstream, value: expectedValue } = fixture;
  const args = argumentsOf(fixture);
  const label = `${note}, ${args.map(({ shape }) => `[${shape}]`).join(" ")}`;
  const options: Record<string, unknown> = axis === undefined ? {} : { axis };
  for (const [name, option] of Object.entries(fixture.options)) {
    options[name] = isTensor(option) ? float64(option.data, option.shape) : option;
  }
  const gradOutput =
    typeof upstream === "number" ? upstream : float64(upstream, expectedValue.shape);
  const result = loss.valueAndGrad(...args, { ...options, gradOutput });
  compareWithFixture(result, fixture, label, tolerance[dtype]);
  expect(flat(loss(...args, options)), label).toEqual(flat(result.value));
}

/** Compares a value and all gradients with those of a fixture. `label` names the case in errors. */
export function compareWithFixture(
  { value, grad, grads }: AnyLoss,
  { dtype, value: expectedValue, ...expected }: Pick<Fixture, "dtype" | "value" | "grad" | "grads">,
  label: string,
  limit: number,
): void {
  const floor = dtype === "float64" ? 1e-3 : 5e-2;
  const check = (actual: number[], numbers: number[], what: string) => {
    const tolerance = { limit, floor: floor * magnitude(numbers) };
    expectNear(actual, numbers, tolerance, `case "${label}": ${what}`);
  };
  // A single number is not rounded to the input's element type.
  const isNumber = typeof value === "number";
  check(flat(value), isNumber ? expectedValue.data : expectedValue.data.map(round[dtype]), "value");
  check(flat(grad), expected.grad.data.map(round[dtype]), "gradient");
  const differentiated = Object.keys(expected.grads ?? {});
  expect(
    Object.keys(grads ?? {}),
    `gradients that the loss returns; case "${label}" has [${differentiated}]. List each name in cases.py, in differentiable and in the arguments`,
  ).toEqual(differentiated);
  for (const [name, { data }] of Object.entries(expected.grads ?? {})) {
    check(flat(grads[name]), data.map(round[dtype]), `gradient of ${name}`);
  }
}

/** Returns the arguments as tensors of their own types. */
function argumentsOf(fixture: Fixture): { data: ArrayLike<number>; shape: number[] }[] {
  const others = ["note", "dtype", "axis", "options", "upstream", "value", "grad", "grads"];
  return Object.entries(fixture)
    .filter(([key]) => !others.includes(key))
    .map(([, { dtype, data, shape }]: [string, FixtureTensor]) => {
      const TypedArray = arrayTypes[dtype as keyof typeof arrayTypes] ?? Int32Array;
      return { data: TypedArray.from(data), shape };
    });
}

function isTensor(option: unknown): option is FixtureTensor {
  return typeof option === "object" && option !== null && "shape" in option && "data" in option;
}
