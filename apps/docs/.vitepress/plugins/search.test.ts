import { expect, test } from "vitest";
import { useSite } from "../../test/openSite.ts";

const site = useSite();

/** Words that people type, and the page that answers them. */
const answers: Readonly<Record<string, string | RegExp>> = {
  nan: "/how-to/loss-is-nan",
  "my loss is infinite": "/how-to/loss-is-nan",
  onnx: /how-to\/.*onnx/,
  float16: "/how-to/",
  argmax: "/how-to/",
  fp16: /how-to\/.*onnx/,
  tfjs: "/how-to/train-with-tensorflow-js",
  tensorflow: "/how-to/train-with-tensorflow-js",
  "model.compile": "/how-to/train-with-tensorflow-js",
  "F.cross_entropy": "/how-to/port-cross-entropy",
  "nn.CrossEntropyLoss": "/how-to/port-cross-entropy",
  ignore_index: "/how-to/port-cross-entropy",
  imbalanced: "/how-to/imbalanced-classes",
  "class weights": "/how-to/imbalanced-classes",
  "soft labels": "/how-to/soft-labels",
  distillation: "/how-to/soft-labels",
  "knowledge distillation": "/how-to/soft-labels",
  calibration: "/how-to/calibrate",
  overconfident: "/how-to/calibrate",
  padding: "/how-to/masks-and-padding",
  "attention mask": "/how-to/masks-and-padding",
  "which loss": "/how-to/pick-a-loss",
  "what loss should I use": "/how-to/pick-a-loss",
  webgpu: "/how-to/loss-on-the-gpu",
  gpu: "/how-to/loss-on-the-gpu",
  segmentation: "/how-to/",
  bce: /binaryCrossEntropy|pick-a-loss/,
  "confusion matrix": "/evaluation/confusionMatrix",
  "cross entropy": "/losses/crossEntropy",
  "binary cross entropy": "/losses/binaryCrossEntropy",
  "log softmax": "/functions/logSoftmax",
  "log sum exp": "/functions/logSumExp",
  "brier score": "/evaluation/brierScore",
  mae: "/losses/l1Loss",
  mse: "/losses/mseLoss",
  kl: "/losses/klDiv",
  "kl divergence": "/losses/klDiv",
  npm: "/guide/install-from-files",
  "log loss": "/how-to/pick-a-loss",
  "one-hot": "/how-to/soft-labels",
  "two cores": "/guide/threads",
  "focal loss": "/losses/focalLoss",
  threads: "/guide/threads",
  "bundle size": "/guide/performance",
  "what is a logit": "/tutorials/logits-probability-surprisal",
};

test("the first hit of the search is the page that answers", { timeout: 60_000 }, async () => {
  const page = await site.open("/");
  await page.getByRole("button", { name: "Search" }).click();
  const box = page.getByRole("searchbox");
  const first = page.locator('[role="option"] a').first();
  for (const [words, answer] of Object.entries(answers)) {
    await box.fill(words);
    await expect
      .poll(() => first.getAttribute("href"), { message: words, timeout: 5000 })
      .toMatch(answer);
  }
  await page.close();
});
