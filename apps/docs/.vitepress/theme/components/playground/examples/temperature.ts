// A temperature flattens or sharpens a distribution.
import { softmax } from "@surprisal/core";

const logits = [3, 2, 1, 0, -1];

plot.bars(softmax(logits, { temperature: 0.5 }), { title: "Temperature 0.5" });
plot.bars(softmax(logits), { title: "Temperature 1" });
plot.bars(softmax(logits, { temperature: 3 }), { title: "Temperature 3" });
