// Your own loss: write the formula and its derivative for one element.
import { numeric } from "@surprisal/core/authoring";
import { defineLoss, type LossOptions } from "@surprisal/losses";

interface HuberOptions extends LossOptions {
  delta?: number;
}

const huber = defineLoss<HuberOptions>({
  kind: "element",
  name: "huber",
  options: { delta: numeric(1, "a number above 0", (delta) => delta > 0) },
  formula: ({ delta }) => ({
    loss(x, t) {
      const d = Math.abs(x - t);
      return d < delta ? 0.5 * d * d : delta * (d - 0.5 * delta);
    },
    gradients: { input: (x, t) => Math.max(-delta, Math.min(delta, x - t)) },
  }),
});

huber([0, 3], [0.5, 0]);
huber.valueAndGrad([0, 3], [0.5, 0], { delta: 2, reduction: "sum" });

const x = Array.from({ length: 81 }, (_, i) => i / 10 - 4);
const zeros = x.map(() => 0);
plot.line(
  {
    loss: huber(x, zeros, { reduction: "none" }),
    gradient: huber.valueAndGrad(x, zeros, { reduction: "sum" }).grad,
  },
  { title: "Huber loss and its gradient", x },
);
