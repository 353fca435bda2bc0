import { globSync, readFileSync } from "node:fs";
import type { DefaultTheme } from "vitepress";
import { facts } from "./facts.ts";
import { pathOf } from "./paths.ts";
import { sourceAddress } from "./sourceAddress.ts";

type Section = "functions" | "losses" | "language" | "evaluation";

/** Returns the pages of a section whose Markdown file is beside its source. */
function pagesIn(section: Section): DefaultTheme.SidebarItem[] {
  return globSync("packages/*/src/**/*.md", { cwd: new URL("../../../", import.meta.url) })
    .map((file) => `/${pathOf(file.replaceAll("\\", "/")).replace(/\.md$/, "")}`)
    .filter((link) => link.startsWith(`/${section}/`))
    .sort()
    .map((link) => ({ text: link.slice(section.length + 2), link }));
}

/** The modules of the reference and their groups of pages, which TypeDoc has written. */
const modules: DefaultTheme.SidebarItem[] = JSON.parse(
  readFileSync(new URL("../reference/typedoc-sidebar.json", import.meta.url), "utf8"),
);

const reference: DefaultTheme.SidebarItem[] = [
  { text: "Reference", items: modules.map(({ text, link }) => ({ text, link })) },
];

/** The sidebar of each module. Groups stay open: collapsible ones nest a button in a button. */
const references = Object.fromEntries(
  modules.map(({ link = "", items = [] }) => [
    link,
    [...reference, ...items.map((group) => ({ text: group.text, items: group.items }))],
  ]),
);

const prose: DefaultTheme.SidebarItem[] = [
  {
    text: "Guide",
    items: [
      { text: "Getting started", link: "/guide/getting-started" },
      { text: "Install from files", link: "/guide/install-from-files" },
      { text: "Containers and shapes", link: "/guide/containers-and-shapes" },
      { text: "Gradients and training", link: "/guide/gradients-and-training" },
      { text: "Coming from PyTorch, TensorFlow.js, JAX", link: "/guide/coming-from" },
      { text: "Losses of other libraries", link: "/guide/coverage" },
      { text: "Kernels", link: "/guide/kernels" },
      { text: "Threads", link: "/guide/threads" },
      { text: "WebGPU", link: "/guide/webgpu" },
      { text: "A corpus on many machines", link: "/guide/corpus" },
      { text: "Accuracy", link: "/guide/accuracy" },
      { text: "Performance", link: "/guide/performance" },
      { text: "Support", link: "/guide/support" },
      { text: "Glossary", link: "/guide/glossary" },
      { text: "Changelog", link: "/changelog" },
    ],
  },
  {
    text: "How do I …",
    items: [
      { text: "All tasks", link: "/how-to/" },
      { text: "My loss is NaN", link: "/how-to/loss-is-nan" },
      { text: "Log-probabilities from ONNX", link: "/how-to/onnx-log-probabilities" },
      { text: "Train with TensorFlow.js", link: "/how-to/train-with-tensorflow-js" },
      { text: "Losses on the GPU", link: "/how-to/loss-on-the-gpu" },
      { text: "Port F.cross_entropy", link: "/how-to/port-cross-entropy" },
      { text: "Imbalanced classes", link: "/how-to/imbalanced-classes" },
      { text: "Soft labels and distillation", link: "/how-to/soft-labels" },
      { text: "Calibrate a classifier", link: "/how-to/calibrate" },
      { text: "Masked classes and padding", link: "/how-to/masks-and-padding" },
      { text: "Pick a loss", link: "/how-to/pick-a-loss" },
      { text: "Missing losses and features", link: "/how-to/not-here" },
    ],
  },
  {
    text: "Use it with …",
    items: [
      { text: "What you have", link: "/how-to/use-with" },
      { text: "ONNX Runtime", link: "/how-to/use-with-onnx-runtime" },
      { text: "transformers.js", link: "/how-to/use-with-transformers-js" },
      { text: "TensorFlow.js", link: "/how-to/train-with-tensorflow-js" },
      { text: "ndarray", link: "/how-to/use-with-ndarray" },
      { text: "Apache Arrow", link: "/how-to/use-with-arrow" },
      { text: "Parquet files", link: "/how-to/use-with-parquet" },
      { text: "NumPy files", link: "/how-to/use-with-npy-files" },
      { text: "ml-matrix", link: "/how-to/use-with-ml-matrix" },
      { text: "mathjs", link: "/how-to/use-with-mathjs" },
      { text: "jax-js", link: "/how-to/use-with-jax-js" },
      { text: "ImageData", link: "/how-to/use-with-image-data" },
    ],
  },
  {
    text: "Tutorials",
    items: [
      { text: "Logits, probability, surprisal", link: "/tutorials/logits-probability-surprisal" },
      { text: "Why log-softmax and NLL", link: "/tutorials/why-log-softmax-and-nll" },
      { text: "What the gradient says", link: "/tutorials/what-the-gradient-says" },
      { text: "Train a digit classifier", link: "/tutorials/train-a-digit-classifier" },
      { text: "Is your classifier honest?", link: "/tutorials/is-your-classifier-honest" },
      { text: "Learning past certainty", link: "/tutorials/learning-past-certainty" },
      { text: "Score a language model's output", link: "/tutorials/score-a-language-model" },
      { text: "Write your own loss", link: "/tutorials/write-your-own-loss" },
    ],
  },
  { text: "Functions", link: "/functions/", items: pagesIn("functions") },
  { text: "Losses", link: "/losses/", items: pagesIn("losses") },
  { text: "Language models", link: "/language/", items: pagesIn("language") },
  { text: "Evaluation", link: "/evaluation/", items: pagesIn("evaluation") },
  {
    text: "Contributing",
    items: [{ text: "How the kernels compute", link: "/guide/how-kernels-compute" }],
  },
];

/** All pages that have a place in a sidebar, each in one group. */
export const allPages: readonly DefaultTheme.SidebarItem[] = [
  ...prose,
  ...modules.map(({ text, link, items = [] }) => ({
    text: `Reference: ${text}`,
    link,
    items: items.flatMap((group) => group.items ?? []),
  })),
];

export const sidebar: DefaultTheme.SidebarMulti = {
  "/guide/": prose,
  "/changelog": prose,
  "/how-to/": prose,
  "/tutorials/": prose,
  "/functions/": prose,
  "/losses/": prose,
  "/language/": prose,
  "/evaluation/": prose,
  "/reference/": reference,
  ...references,
};

export const nav: DefaultTheme.NavItem[] = [
  { text: "Guide", link: "/guide/getting-started", activeMatch: "^/guide/" },
  { text: "How do I …", link: "/how-to/", activeMatch: "^/how-to/" },
  {
    text: "Tutorial",
    link: "/tutorials/logits-probability-surprisal",
    activeMatch: "^/tutorials/",
  },
  { text: "Functions", link: "/functions/", activeMatch: "^/functions/" },
  { text: "Losses", link: "/losses/", activeMatch: "^/losses/" },
  { text: "Playground", link: "/playground" },
  { text: "Reference", link: "/reference/", activeMatch: "^/reference/" },
  {
    text: facts.isPublished ? facts.version : `${facts.version}, unpublished`,
    items: [
      ...(facts.isPublished
        ? []
        : [{ text: "Install from files", link: "/guide/install-from-files" }]),
      { text: "Changelog", link: "/changelog" },
      { text: `${facts.license} licence`, link: sourceAddress("LICENSE") },
    ],
  },
];
