import { magnitude, readFixtures, relativeError } from "@surprisal/testing";
import { describe, expect, it } from "vitest";
import { type AnyLoss, flat, float64 } from "./checkLoss.ts";

interface FixtureTensor {
  dtype: string;
  shape: number[];
  data: number[];
}

interface Fixture {
  note: string;
  dtype: "float32" | "float64";
  axis?: number;
  options: object;
  upstream: number | number[];
  value: FixtureTensor;
  grad: FixtureTensor;
  grads?: Record<string, FixtureTensor>;
}

/** The names of a loss's arguments, as its fixtures have them. */
interface ArgumentNames {
  readonly arguments: readonly string[];
  /** Those that are options here. */
  readonly arrayOptions?: readonly string[];
}

const round = { float64: (value: number) => value, float32: Math.fround };

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

  describe("equals the reference", () => {
    it.each([
      ["float64", 1e-10],
      ["float32", 2e-6],
    ] as const)("%s", (dtype, tolerance) => {
      const selected = fixtures.filter(
        ({ dtype: type, note }) =>
          type === dtype && !differences.some((difference) => note.includes(difference)),
      );
      expect(selected.length).toBeGreaterThan(20);
      for (const fixture of selected) {
        const { note, value: expected, grads = { [names[0]]: fixture.grad } } = fixture;
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

        const floor = dtype === "float64" ? 1e-3 : 5e-2;
        const check = (actual: unknown, numbers: number[], what: string) => {
          const error = relativeError(flat(actual), numbers, floor * magnitude(numbers));
          expect(error, `${what}: ${note}`).toBeLessThan(tolerance);
        };
        // A single number is not rounded to the input's element type.
        const rounding = typeof result.value === "number" ? round.float64 : round[dtype];
        check(result.value, expected.data.map(rounding), "value");
        for (const [name, grad] of Object.entries(grads)) {
          const actual = name === names[0] ? result.grad : result.grads[name];
          check(actual, grad.data.map(round[dtype]), `gradient of ${name}`);
        }
        expect(flat(loss(...args, options)), note).toEqual(flat(result.value));
      }
    });
  });
}

function toTensor({ dtype, data, shape }: FixtureTensor): { data: unknown; shape: number[] } {
  if (dtype === "float32") return { data: Float32Array.from(data), shape };
  return { data: dtype === "int64" ? Int32Array.from(data) : Float64Array.from(data), shape };
}
