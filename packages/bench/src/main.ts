import { resolve } from "node:path";
import { gridKinds } from "./accuracy.ts";
import { openContestants } from "./contestants/all.ts";
import { type Options, readOptions } from "./options.ts";
import { introduction, machine, runtime } from "./report/machine.ts";
import { writeRecord } from "./report/record.ts";
import { planOf } from "./sections.ts";
import { accuracyStage, sizeStage, speedStage } from "./stages.ts";

const options = readOptions(process.argv.slice(2));
if (options !== undefined) await run(options);

async function run({ quick, filters, shapes, json }: Options): Promise<void> {
  const { contestants, absent } = await openContestants();
  const plan = planOf(quick, shapes);
  const about = { date: new Date().toISOString(), machine: machine(), runtime: runtime() };
  console.log(introduction(about, contestants, absent));
  try {
    const speed = await speedStage(plan, contestants, filters);
    const accuracy = await accuracyStage(plan, contestants, filters);
    const size = await sizeStage(filters);
    if (json === undefined) return;
    // A script of the workspace runs in its own folder: what is meant is where it was called.
    const file = resolve(process.env.INIT_CWD ?? ".", json);
    writeRecord(file, {
      ...about,
      quick,
      effort: plan.effort,
      contestants,
      absent,
      ...speed,
      gridKinds,
      accuracy,
      size,
    });
    console.log(`\nWritten to ${file}.`);
  } finally {
    for (const { close } of contestants) close?.();
  }
}
