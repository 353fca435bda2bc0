import { relative } from "node:path";
import Table from "cli-table3";
import type { QueueStatus } from "../queue/status.ts";
import type { Report, ScoreReport } from "../results/report.ts";

/** Draws the scores of the documents and of all, and the most surprising passages. */
export function drawReport(report: Report, folder: string): string {
  const parts = [documentTable(report, folder)];
  if (report.passages.length > 0) {
    parts.push("\nThe most surprising passages:", passageTable(report, folder));
  }
  return parts.join("\n");
}

/** Draws the state of the queue and of its runs. */
export function drawStatus({ workers, waiting, active, delayed, runs }: QueueStatus): string {
  const summary =
    `${workers} workers; shards: ${waiting} waiting, ${active} in work, ` +
    `${delayed} to be tried again.`;
  if (runs.length === 0) return `${summary}\nNo runs.`;
  const rows = runs.map(({ id, state, shards, shardsDone, age, failure }) => [
    id,
    failure === undefined ? state : `${state}: ${failure}`,
    `${shardsDone} of ${shards}`,
    `${Math.round(age / 1000)} s`,
  ]);
  const table = draw(["run", "state", "shards done", "age"], rows, [
    "left",
    "left",
    "right",
    "right",
  ]);
  return `${summary}\n${table}`;
}

function documentTable({ documents, total }: Report, folder: string): string {
  const rows = documents.map((document) => [
    name(document.file, folder) + (document.trainedOn ? " *" : ""),
    ...cells(document),
  ]);
  const head = ["document", "characters", "bits per\ncharacter", "perplexity\nper byte"];
  const table = draw(
    head,
    [...rows, ["all", ...cells(total)]],
    ["left", "right", "right", "right"],
  );
  const isMarked = documents.some(({ trainedOn }) => trainedOn);
  return isMarked ? `${table}\n* The model was trained on this text.` : table;
}

function cells({ characters, bitsPerCharacter, perplexity }: ScoreReport): string[] {
  return [characters.toLocaleString("en"), fixed(bitsPerCharacter, 4), fixed(perplexity, 3)];
}

function passageTable({ passages }: Report, folder: string): string {
  const rows = passages.map(({ file, start, bitsPerCharacter, text }) => [
    fixed(bitsPerCharacter, 2),
    `${printable(text)}\n    ${name(file, folder)}, byte ${start}`,
  ]);
  return draw(["bits per\ncharacter", "passage"], rows, ["right", "left"]);
}

/** Returns the text in one line: line breaks and control characters become spaces. */
function printable(text: string): string {
  return text.replace(/[\s\p{Cc}]+/gu, " ").trim();
}

/** Returns the path from the folder, or the whole path if the file is elsewhere. */
function name(file: string, folder: string): string {
  const path = relative(folder, file);
  return path.startsWith("..") ? file : path;
}

function fixed(value: number, digits: number): string {
  return Number.isNaN(value) ? "–" : value.toFixed(digits);
}

function draw(head: string[], rows: string[][], colAligns: ("left" | "right")[]): string {
  // Without colours the report is the same in a terminal, in a file and in a log.
  const table = new Table({ head, colAligns, style: { head: [], border: [], compact: true } });
  table.push(...rows);
  return table.toString();
}
