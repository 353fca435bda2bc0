// Loads the packages from CommonJS, and prints a report like that of the conformance checks.
const { kernels } = require("@surprisal/core");
const { crossEntropy } = require("@surprisal/losses");
const { perplexity } = require("@surprisal/language");
const { accuracy } = require("@surprisal/evaluation");
const { threads } = require("@surprisal/threads");

const loss = crossEntropy([2, 1, 0], 0);
const right =
  Math.abs(loss - 0.40760596444438) < 1e-15 &&
  Math.abs(perplexity([[2, 1, 0]], [0]) - Math.exp(loss)) < 1e-14 &&
  accuracy([[2, 1, 0]], [0]) === 1;

console.log(
  JSON.stringify({
    kernels: kernels().active,
    threads: threads(),
    checks: [{ name: "require", ...(right ? {} : { error: `the loss is ${loss}` }) }],
  }),
);
