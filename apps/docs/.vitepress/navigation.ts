import { existsSync, readdirSync, readFileSync } from "node:fs";
import type { DefaultTheme } from "vitepress";

const sources = new URL("../../../packages/losses/src/", import.meta.url);

/** Every folder of a loss that holds its page. */
const losses = readdirSync(sources)
  .filter((name) => existsSync(new URL(`${name}/${name}.md`, sources)))
  .sort()
  .map((name) => ({ text: name, link: `/losses/${name}` }));

/** Written by TypeDoc beside the pages of the reference. */
const reference: DefaultTheme.SidebarItem[] = JSON.parse(
  readFileSync(new URL("../reference/typedoc-sidebar.json", import.meta.url), "utf8"),
);

const prose: DefaultTheme.SidebarItem[] = [
  {
    text: "Guide",
    items: [
      { text: "Getting started", link: "/guide/getting-started" },
      { text: "Containers and shapes", link: "/guide/containers-and-shapes" },
      { text: "Gradients and training", link: "/guide/gradients-and-training" },
      { text: "Coming from PyTorch, TensorFlow.js, JAX", link: "/guide/coming-from" },
      { text: "Kernels", link: "/guide/kernels" },
      { text: "Accuracy", link: "/guide/accuracy" },
      { text: "Performance", link: "/guide/performance" },
    ],
  },
  {
    text: "Tutorials",
    items: [
      { text: "Why log-softmax and NLL", link: "/tutorials/why-log-softmax-and-nll" },
      { text: "What the gradient says", link: "/tutorials/what-the-gradient-says" },
      { text: "Score a language model's output", link: "/tutorials/score-a-language-model" },
    ],
  },
  { text: "Losses", items: losses },
];

export const sidebar: DefaultTheme.SidebarMulti = {
  "/guide/": prose,
  "/tutorials/": prose,
  "/losses/": prose,
  "/reference/": reference,
};

export const nav: DefaultTheme.NavItem[] = [
  { text: "Guide", link: "/guide/getting-started", activeMatch: "^/guide/" },
  {
    text: "Tutorial",
    link: "/tutorials/why-log-softmax-and-nll",
    activeMatch: "^/tutorials/",
  },
  { text: "Losses", link: "/losses/crossEntropy", activeMatch: "^/losses/" },
  { text: "Playground", link: "/playground" },
  { text: "Reference", link: "/reference/", activeMatch: "^/reference/" },
];
