import { expect, test } from "vitest";
import { DEFAULTS, parseOptions } from "./options.ts";

test("options have defaults", () => {
  expect(parseOptions([])).toEqual(DEFAULTS);
});

test("options are read", () => {
  expect(parseOptions(["--epochs", "3", "--seed=4294967295"])).toEqual({
    epochs: 3,
    seed: 4294967295,
  });
  expect(parseOptions(["--seed", "0"])).toEqual({ ...DEFAULTS, seed: 0 });
});

test.each(["--help", "-h"])("%s shows the help", (flag) => {
  expect(parseOptions([flag])).toBe("help");
});

test.each([
  [["--epochs", "0"], '--epochs must be a whole number from 1 to 1000, got "0".'],
  [["--epochs", "1001"], '--epochs must be a whole number from 1 to 1000, got "1001".'],
  [["--epochs", "2.5"], '--epochs must be a whole number from 1 to 1000, got "2.5".'],
  [["--epochs", "1e2"], '--epochs must be a whole number from 1 to 1000, got "1e2".'],
  [["--epochs="], '--epochs must be a whole number from 1 to 1000, got "".'],
  [["--seed=-1"], '--seed must be a whole number from 0 to 4294967295, got "-1".'],
  [
    ["--seed", "4294967296"],
    '--seed must be a whole number from 0 to 4294967295, got "4294967296".',
  ],
  [["--seed"], "argument missing"],
  [["--epoch", "3"], "Unknown option '--epoch'"],
  [["3"], "Unexpected argument '3'"],
])("%j is refused", (args, message) => {
  expect(() => parseOptions(args)).toThrow(message);
});
