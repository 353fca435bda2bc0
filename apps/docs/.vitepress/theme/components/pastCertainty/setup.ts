import type { OptimizerName, Report } from "../../../../models/modularAddition/index.ts";

/** The step at which a training ends. */
export const lastStep = 2000;

/** The names of the routes on the page, in the order of the figure. */
export const routes = [
  { key: "subtractOne", name: "p − 1 in float32" },
  { key: "sumOthers", name: "crossEntropy" },
] as const satisfies readonly { key: keyof Report; name: string }[];

/** The names of the optimizers on the page. */
export const optimizers: Readonly<Record<OptimizerName, string>> = {
  normalizedDescent: "normalised gradient descent",
  adam: "Adam",
};

/** A message from the worker to the page. */
export type Message =
  | { readonly kind: "report"; readonly report: Report }
  | { readonly kind: "error"; readonly message: string }
  | { readonly kind: "end" };
