import { readFixtures } from "@surprisal/testing";
import { describe, expect, it } from "vitest";
import {
  compareWithFixture,
  expectDifferences,
  type Fixture,
  type FixtureTensor,
  isDifferent,
} from "./checkFixtures.ts";
import { type AnyLoss, flat, float64 } from "./checkLoss.ts";
import { noteOptions } from "./optionLaws.ts";

/** The names of a loss's arguments, as its fixtures have them. */
interface ArgumentNames {
  readonly arguments: readonly string[];
  /** Those that are options here. */
  readonly arrayOptions?: readonly string[];
}

/**
 * Checks values and all gradients against the fixtures in the loss's folder.
 *
 * @param differences parts of notes: a case whose note holds one is left out, because the loss differs
 * from the reference there on purpose.
 */
export function checkBatchFixtures(
  loss: AnyLoss,
  url: URL,
  { arguments: names, arrayOptions = [] }: ArgumentNames,
  differences: readonly string[] = [],
): void {
  const fixtures = readFixtures<Fixture & Record<string, FixtureTensor>>(url);
  noteOptions(
    loss,
    fixtures.map(({ options }) => options),
  );
  noteOptions(
    loss,
    arrayOptions.map((name) => ({ [name]: true })),
  );

  describe("equals the reference", () => {
    it.each([
      ["float64", 1e-10],
      ["float32", 2e-6],
    ] as const)("%s", (dtype, tolerance) => {
      const selected = fixtures.filter(
        ({ dtype: type, note }) => type === dtype && !isDifferent(note, differences),
      );
      expect(selected.length).toBeGreaterThan(20);
      for (const fixture of selected) {
        const { note, value: expected } = fixture;
        const options: Record<string, unknown> = { ...fixture.options };
        if (fixture.axis !== undefined) options.axis = fixture.axis;
        for (const name of arrayOptions) {
          if (fixture[name] !== undefined) options[name] = toTensor(fixture[name]);
        }
        const args = names.map((name) => toTensor(fixture[name]));
        const gradOutput =
          typeof fixture.upstream === "number"
            ? fixture.upstream
            : float64(fixture.upstream, expected.shape);
        const result = loss.valueAndGrad(...args, { ...options, gradOutput });

        compareWithFixture(result, fixture, note, tolerance);
        expect(flat(loss(...args, options)), note).toEqual(flat(result.value));
      }
    });

    if (differences.length > 0) {
      it("has a case for each difference that the test names", () => {
        expectDifferences(fixtures, differences);
      });
    }
  });
}

function toTensor({ dtype, data, shape }: FixtureTensor): { data: unknown; shape: number[] } {
  if (dtype === "float32") return { data: Float32Array.from(data), shape };
  return { data: dtype === "int64" ? Int32Array.from(data) : Float64Array.from(data), shape };
}
