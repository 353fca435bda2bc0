// A linear classifier that learns to tell three clouds of points apart.
import { crossEntropy } from "@surprisal/losses";

const centres = [
  [1, 0],
  [-1, 0.5],
  [0, -1],
];
const points = Array.from({ length: 90 }, (_, n) =>
  centres[n % 3].map((c, k) => c + 0.5 * Math.sin(12.9 * n + 78.2 * k)),
);
const labels = points.map((_, n) => n % 3);

const weights = [
  [0, 0],
  [0, 0],
  [0, 0],
];
const bias = [0, 0, 0];
const forward = () => points.map(([a, b]) => weights.map((w, j) => w[0] * a + w[1] * b + bias[j]));

const losses: number[] = [];
for (let step = 0; step < 100; step++) {
  const { value, grad } = crossEntropy.valueAndGrad(forward(), labels);
  losses.push(value);
  for (let n = 0; n < points.length; n++) {
    for (let j = 0; j < 3; j++) {
      weights[j][0] -= grad[n][j] * points[n][0];
      weights[j][1] -= grad[n][j] * points[n][1];
      bias[j] -= grad[n][j];
    }
  }
}

plot.line(losses, { title: "The loss, step by step" });

const guesses = forward().map((row) => row.indexOf(Math.max(...row)));
const right = guesses.filter((guess, n) => guess === labels[n]).length;
console.log(`${right} of ${points.length} points are classified right.`);
console.log("weights:", weights);
