// Classes on the second axis, as PyTorch and ONNX have them: one class for every pixel.
import { softmax, tensor } from "@surprisal/core";
import { crossEntropy } from "@surprisal/losses";

const [batch, classes, height, width] = [1, 3, 4, 4];
const size = batch * classes * height * width;
const logits = tensor(
  Float32Array.from({ length: size }, (_, i) => 3 * Math.sin(i)),
  [batch, classes, height, width],
);
const masks = tensor(
  Uint8Array.from({ length: height * width }, (_, i) => i % classes),
  [batch, height, width],
);

crossEntropy(logits, masks, { axis: 1 });
crossEntropy(logits, masks, { axis: 1, reduction: "none" });
softmax(logits, { axis: 1 }).shape;
