import { numeric } from "@surprisal/core/authoring";
import { expect, it } from "vitest";
import {
  type ClassLossOptions,
  composeCrossEntropy,
  defineBatchLoss,
  defineClassLoss,
  defineElementLoss,
  defineLoss,
  defineRowLoss,
} from "./defineLoss.ts";

/** What JavaScript may pass: a definition of any form. */
// biome-ignore lint/suspicious/noExplicitAny: TypeScript refuses these definitions.
type Any = any;

const options = { scale: numeric(3) };
const gradients = { input: () => 1 };
const element = { kind: "element", name: "mine", options } as const;
const row = {
  kind: "row",
  name: "mine",
  arguments: { input: "vector", target: "vector" },
  differentiable: ["input"],
  options,
} as const;
const classes = { kind: "class", name: "mine", options } as const;
const batch = {
  kind: "batch",
  name: "mine",
  arguments: ["input", "target"],
  differentiable: ["input"],
  options,
} as const;

const message = (key: string, name: string) =>
  new TypeError(
    `defineLoss: mine: ${key} reads the option "${name}", which has no schema in options.`,
  );

it.each([
  ["element", defineElementLoss, { ...element, formula: ({ scales }: Any) => scales }],
  [
    "element, while the losses are computed",
    defineElementLoss,
    { ...element, formula: (given: Any) => ({ loss: (x: number) => x * given.scales, gradients }) },
  ],
  ["row", defineRowLoss, { ...row, formula: ({ scales }: Any) => scales }],
  ["class", defineClassLoss, { ...classes, formula: ({ scales }: Any) => scales }],
  ["batch", defineBatchLoss, { ...batch, formula: ({ scales }: Any) => scales }],
  ["any kind", defineLoss, { ...batch, formula: ({ scales }: Any) => scales }],
])("refuses a formula that reads an option without a schema: %s", (_, define, definition) => {
  const loss = (define as Any)(definition);
  expect(() => loss([1, 2], [0, 1])).toThrow(message("formula", "scales"));
});

it("refuses it again if the first error was caught", () => {
  const formula = ({ scales }: Any) => ({ loss: (x: number) => x * (scales ?? 1), gradients });
  const loss = (defineElementLoss as Any)({ ...element, formula });
  for (let i = 0; i < 3; i++) expect(() => loss([1], [0])).toThrow(message("formula", "scales"));
});

it("refuses an option of all losses, which formulas do not get", () => {
  const loss = (defineElementLoss as Any)({
    ...element,
    formula: ({ reduction }: Any) => ({ loss: () => reduction, gradients }),
  });
  expect(() => loss.valueAndGrad([1], [0])).toThrow(message("formula", "reduction"));
});

it("refuses them in every function of a class loss that gets options", () => {
  const formula = () => () => 0;
  for (const key of ["classIndexKernel", "softcap", "hasPenalty", "softTargetKernel"]) {
    const loss = (defineClassLoss as Any)({ ...classes, formula, [key]: ({ q }: Any) => q });
    const target = key === "softTargetKernel" ? [[0.5, 0.5]] : [0];
    expect(() => loss([[1, 2]], target)).toThrow(message(key, "q"));
  }
  const withLosses = (defineClassLoss as Any)({
    ...classes,
    formula,
    classLosses: ({ q }: Any) => q,
  });
  const call = () =>
    withLosses.valueAndGrad([0, 1], [0.5, 0.5], { differentiate: ["input", "target"] });
  expect(call).toThrow(message("classLosses", "q"));
});

it("allows everything else that is done with options", () => {
  const received: unknown[] = [];
  const loss = defineElementLoss<{ scale?: number }>({
    ...element,
    formula(given) {
      received.push({ ...given }, JSON.stringify(given), "shift" in given, String(given));
      return { loss: (x) => x * given.scale, gradients };
    },
  });
  expect(loss([1], [0])).toBe(3);
  expect(received).toEqual([{ scale: 3 }, '{"scale":3}', false, "[object Object]"]);
});

it("checks the first call only, so that the others get the options themselves", () => {
  const received: object[] = [];
  const definition = Object.freeze({
    ...classes,
    formula: (given: { scale: number }) => {
      received.push(given);
      return () => given.scale;
    },
    classIndexKernel: () =>
      composeCrossEntropy(
        (c) => c,
        () => 1,
      ),
  });
  const loss = defineClassLoss<ClassLossOptions & { scale?: number }>(definition);
  for (let i = 0; i < 3; i++) expect(loss([0, 1], [0.5, 0.5])).toBe(3);
  expect(() => (received[0] as Any).other).toThrow(message("formula", "other"));
  expect((received[1] as Any).other).toBeUndefined();
});

it("keeps definitions that are instances of a class", () => {
  class Definition {
    readonly kind = "element";
    readonly name = "mine";
    readonly options = options;
    readonly #factor = 2;
    formula({ scale }: { scale: number }) {
      return { loss: (x: number) => x * this.#factor * scale, gradients };
    }
  }
  const loss = defineElementLoss<{ scale?: number }>(new Definition());
  expect([loss([1], [0]), loss([1], [0])]).toEqual([6, 6]);
});
