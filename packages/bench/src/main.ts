import { resolve } from "node:path";
import { gridKinds } from "./accuracy.ts";
import { openImplementations } from "./implementations/all.ts";
import { type Options, readOptions } from "./options.ts";
import { introduction, machineInfo, runtimeInfo } from "./report/machine.ts";
import { writeRecord } from "./report/record.ts";
import { makePlan } from "./sections.ts";
import { accuracyStage, sizeStage, speedStage } from "./stages.ts";
import { unmatchedMessage } from "./unmatchedMessage.ts";

const options = readOptions(process.argv.slice(2));
if (options !== undefined) await run(options);

async function run({ quick, filters, shapes, json }: Options): Promise<void> {
  const { implementations, unavailable } = await openImplementations();
  const plan = makePlan(quick, shapes);
  const about = { date: new Date().toISOString(), machine: machineInfo(), runtime: runtimeInfo() };
  try {
    const unmatched = unmatchedMessage(plan.sections, implementations, filters);
    if (unmatched !== undefined) {
      console.error(unmatched);
      process.exitCode = 1;
      return;
    }
    console.log(introduction(about, implementations, unavailable));
    const speed = await speedStage(plan, implementations, filters);
    const accuracy = await accuracyStage(plan, implementations, filters);
    const size = await sizeStage(filters);
    if (json === undefined) return;
    // Scripts of the workspace run in a folder of their own; a path is relative to the caller's.
    const file = resolve(process.env.INIT_CWD ?? ".", json);
    writeRecord(file, {
      ...about,
      quick,
      sampling: plan.sampling,
      implementations,
      unavailable,
      ...speed,
      gridKinds,
      accuracy,
      size,
    });
    console.log(`\nWritten to ${file}.`);
  } finally {
    for (const { close } of implementations) close?.();
  }
}
