// Label smoothing spreads a part of the target over all classes. The loss of a certain prediction
// is then no longer 0.
import { crossEntropy } from "@surprisal/losses";

const gaps = Array.from({ length: 61 }, (_, i) => i / 4);
const curve = (labelSmoothing: number) =>
  gaps.map((gap) => crossEntropy([gap, 0, 0], 0, { labelSmoothing }));

plot.line(
  { "ε = 0": curve(0), "ε = 0.1": curve(0.1), "ε = 0.2": curve(0.2) },
  { title: "The loss by how far the right class leads", x: gaps },
);

crossEntropy.valueAndGrad([10, 0, 0], 0).grad;
crossEntropy.valueAndGrad([10, 0, 0], 0, { labelSmoothing: 0.1 }).grad;
