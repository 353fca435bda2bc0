// A model that is nearly certain still has a loss, and a gradient to learn from.
import { softmax } from "@surprisal/core";
import { crossEntropy } from "@surprisal/losses";

const confident = new Float32Array([20, 0, 0]);

-Math.log(softmax(confident)[0]);
crossEntropy(confident, 0);
crossEntropy.valueAndGrad(confident, 0).grad;

const gaps = Array.from({ length: 31 }, (_, gap) => gap);
const digits = gaps.map((gap) => Math.log10(crossEntropy([gap, 0], 0)));

plot.line(digits, { title: "log₁₀ of the loss, by the gap between two logits" });
