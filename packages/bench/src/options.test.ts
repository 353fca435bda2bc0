import { expect, test } from "vitest";
import { parseOptions } from "./options.ts";

test("without options everything is measured in full", () => {
  expect(parseOptions([])).toEqual({ quick: false, filters: [] });
});

test("options are read", () => {
  const args = "--quick --filter softmax --filter PyTorch --shapes 32x10,8x21x4x4 --json a.json";
  expect(parseOptions(args.split(" "))).toEqual({
    quick: true,
    filters: ["softmax", "PyTorch"],
    shapes: [
      [32, 10],
      [8, 21, 4, 4],
    ],
    json: "a.json",
  });
});

test.each(["--help", "-h"])("%s shows the help", (flag) => {
  expect(parseOptions([flag])).toBe("help");
});

test.each([
  [["--shapes", "10"], 'got "10".'],
  [["--shapes", "32x10,"], 'got "".'],
  [["--shapes", "32x0"], 'got "32x0".'],
  [["--shapes", "3.5x2"], 'got "3.5x2".'],
  [["--shapes", "100000x100000"], 'got "100000x100000".'],
  [["--shapes"], "argument missing"],
  [["--json="], '--json must be a file, got "".'],
  [["--fast"], "Unknown option '--fast'"],
  [["softmax"], "Unexpected argument 'softmax'"],
])("%j is refused", (args, message) => {
  expect(() => parseOptions(args)).toThrow(message);
});
