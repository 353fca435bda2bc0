import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { calibrate } from "./calibration.ts";
import { difference } from "./comparison.ts";
import { CLASSES, PIXELS } from "./data/digits.ts";
import { readDigits } from "./data/readDigits.ts";
import { split } from "./data/sampling.ts";
import { fused, viaLogSoftmax, viaSoftmax } from "./routes.ts";
import { drawCalibration } from "./terminal/calibration.ts";
import { type Options, readOptions } from "./terminal/options.ts";
import { startProgress } from "./terminal/progress.ts";
import { conclusion, courseTable, type Result, routeTable } from "./terminal/report.ts";
import { trainByEach } from "./training.ts";

const MODELS = [
  { name: "one linear layer", sizes: [PIXELS, CLASSES] },
  { name: "one hidden layer", sizes: [PIXELS, 32, CLASSES] },
];

const options = readOptions(process.argv.slice(2));
if (options !== undefined) compareRoutes(options);

function compareRoutes({ epochs, seed }: Options): void {
  const digits = split(readDigits(), xoroshiro128plus(seed));
  const { train, heldOut } = digits;
  console.log(`${train.labels.length} digits to learn from, ${heldOut.labels.length} held out.`);

  const results = MODELS.map(({ name, sizes }): Result => {
    console.log(`\nA network with ${name} (${sizes.join(" → ")}):`);
    const progress = startProgress(name, epochs);
    const [textbook, stable, reference] = trainByEach(
      [viaSoftmax, viaLogSoftmax, fused],
      { sizes, epochs, seed },
      digits,
      progress.advance,
    );
    progress.stop();

    const others = [textbook, stable].map((run) => ({
      run,
      difference: difference(run, reference, heldOut.pixels),
    }));
    const result = { model: name, reference, others };
    console.log(courseTable(result));
    console.log(routeTable(result));
    return result;
  });

  console.log(`\n${conclusion(results)}`);

  const { model, reference } = results[results.length - 1];
  console.log(`\n${drawCalibration(model, calibrate(reference.network, heldOut))}`);
}
