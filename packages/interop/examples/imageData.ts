import { type Tensor, tensor } from "@surprisal/core";
import { crossEntropy } from "@surprisal/losses";

// A label image: the class of each pixel is in the red channel.
const mask = new ImageData(Uint8ClampedArray.of(0, 0, 0, 255, 1, 0, 0, 255), 2, 1);
const { data, width, height } = mask;

// Every fourth byte is a label: strides read them where they are.
const labels = { data, shape: [height, width], strides: [4 * width, 4] };

// Two classes for each pixel: [classes, height, width].
const logits = tensor(new Float32Array([2, 0, 0, 1]), [2, height, width]);
console.log(crossEntropy(logits, labels, { axis: 0 })); // 0.22009…

// The loss of each pixel as a grey image. 1 nat is white.
const losses = crossEntropy(logits, labels, { axis: 0, reduction: "none" }) as Tensor;
const grey = new ImageData(width, height);
losses.data.forEach((loss, i) => {
  grey.data.set([255 * loss, 255 * loss, 255 * loss, 255], 4 * i);
});
console.log(grey.data); // [32, 32, 32, 255, 80, 80, 80, 255]
