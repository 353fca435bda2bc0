import { softmax } from "@surprisal/core";
import { crossEntropy } from "@surprisal/losses";

const logits = [2, 1, 0]; // one number per class
const target = 0; // the class that is right

softmax(logits);
crossEntropy(logits, target);
crossEntropy.valueAndGrad(logits, target).grad;

plot.bars(softmax(logits), { title: "The probability of each class" });
