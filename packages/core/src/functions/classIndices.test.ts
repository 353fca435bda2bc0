import { describe, expect, it } from "vitest";
import { copyClassIndices, releaseClassIndices } from "./classIndices.ts";

const classes = 7;
const none = { ignoreIndex: -100, sampleWeight: undefined };

describe("class indices", () => {
  const copy = copyClassIndices;
  const indicesOf = (rows: number) =>
    Int32Array.from({ length: rows }, (_, i) => (5 * i) % classes);

  it.each([1, 63, 70, 5000, 40_001])("of %i rows are copied", (rows) => {
    for (let round = 0; round < 2; round++) {
      const data = indicesOf(rows);
      const copied = copy("f: target", data, rows, classes, none);
      expect(copied).toEqual({ indices: data, ignoredCount: 0, areIgnoredByWeight: true });
      expect(copied.indices).not.toBe(data);
      // From 4096 rows on, the second round gets the same array, which holds other numbers by then.
      copied.indices.fill(99);
      releaseClassIndices(copied);
    }
  });

  it("that are large are shown with all digits", () => {
    expect(() => copy("f: target", [0, 2 ** 60], 2, classes, none)).toThrow(
      "f: target 1152921504606846976 at row 1 is out of bounds for 7 classes.",
    );
    expect(() => copy("f: target", [-(2 ** 63)], 1, classes, none)).toThrow(
      "set ignoreIndex: -9223372036854775808.",
    );
    expect(() => copy("f: target", [1e300], 1, classes, none)).toThrow("f: target 1e+300 at row 0");
  });

  it.each([70, 5000, 40_001])("of %i rows are checked at every place", (rows) => {
    for (const place of [0, 1, 64, rows - 1]) {
      for (const index of [classes, -1, 2 ** 31 - 1, -(2 ** 31)]) {
        const data = indicesOf(rows);
        data[place] = index;
        expect(() => copy("f: target", data, rows, classes, none)).toThrow(
          `f: target ${index} at row ${place} is out of bounds for 7 classes.`,
        );
      }
    }
  });

  it.each([70, 5000])("of %i rows may be ignored", (rows) => {
    const data = indicesOf(rows);
    data[3] = -100;
    const expected = data.slice();
    expected[3] = -1;
    expect(copy("f: target", data, rows, classes, none)).toEqual({
      indices: expected,
      ignoredCount: 1,
      areIgnoredByWeight: false,
    });
    const withClass = { ignoreIndex: 2, sampleWeight: undefined };
    const valid = indicesOf(rows);
    const ignored = copy("f: target", valid, rows, classes, withClass);
    expect(ignored.indices).toEqual(valid.map((index) => (index === 2 ? -1 : index)));
    expect(ignored.ignoredCount).toBe(valid.filter((index) => index === 2).length);
    const sampleWeight = new Float64Array(rows).fill(1);
    sampleWeight[5] = 0;
    const masked = copy("f: target", valid, rows, classes, { ignoreIndex: -100, sampleWeight });
    expect(masked.indices).toEqual(valid.map((index, r) => (r === 5 ? -1 : index)));
    expect(masked).toMatchObject({ ignoredCount: 1, areIgnoredByWeight: true });
    valid[5] = 1000;
    const weighted = copy("f: target", valid, rows, classes, { ignoreIndex: -100, sampleWeight });
    expect(weighted.indices[5]).toBe(-1);
    expect(weighted.ignoredCount).toBe(1);
  });
});
