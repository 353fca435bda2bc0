/// <reference types="vitepress/client" />

/** The examples in the menu: each is a file in `examples`. */
export const examples = [
  { id: "first-loss", title: "A first loss" },
  { id: "two-routes", title: "Two routes to the loss" },
  { id: "confident-row", title: "A confident row" },
  { id: "batch", title: "A batch" },
  { id: "label-smoothing", title: "Label smoothing" },
  { id: "class-weights", title: "Class weights" },
  { id: "ignored-rows", title: "Ignored rows" },
  { id: "pixels", title: "Classes on axis 1" },
  { id: "onnx-tensor", title: "A tensor of ONNX Runtime" },
  { id: "temperature", title: "Temperature" },
  { id: "train-classifier", title: "Train a classifier" },
  { id: "central-differences", title: "Check a gradient" },
  { id: "own-loss", title: "A loss of your own" },
  { id: "kernels", title: "Kernels of this browser" },
] as const;

export type ExampleId = (typeof examples)[number]["id"];

const sources = import.meta.glob<string>("./examples/*.ts", { query: "?raw", import: "default" });

/** Loads the program of an example. */
export const sourceOf = (id: ExampleId): Promise<string> => sources[`./examples/${id}.ts`]();
