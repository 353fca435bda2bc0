/** A kind of container that a caller passes, and the containers that come back. */
interface ContainerRow {
  readonly pass: string;
  /** A result of the argument's shape, such as a gradient. */
  readonly sameShape: string;
  /** A result without one axis, such as a loss per row. */
  readonly reduced: string;
}

const rows: readonly ContainerRow[] = [
  { pass: "`number`", sameShape: "`number`", reduced: "`number`" },
  { pass: "`number[]`", sameShape: "`number[]`", reduced: "`number`" },
  { pass: "`number[][]`", sameShape: "`number[][]`", reduced: "`number[]`" },
  { pass: "`Float32Array`", sameShape: "`Float32Array`", reduced: "`number`" },
  { pass: "`Float32Array[]`", sameShape: "`Float32Array[]`", reduced: "`Float32Array`" },
  {
    pass: "a tensor, of another library too",
    sameShape: "`Tensor` of its shape",
    reduced: "`Tensor` without that axis",
  },
];

/** The results of a call that a table shows: each has a heading and a container for each row. */
export type ContainerColumn = "sameShape" | "reduced";

interface ContainerTableOptions {
  /** The heading of the first column. */
  readonly passed?: string;
  /** Whether a single number can be passed. */
  readonly single?: boolean;
}

/** Writes the table of results by argument, in words instead of type parameters. */
export function containerTable(
  columns: Readonly<Record<string, ContainerColumn>>,
  { passed = "you pass", single = true }: ContainerTableOptions = {},
): string {
  const lines = [
    [passed, ...Object.keys(columns)],
    ["---", ...Object.keys(columns).map(() => "---")],
    ...rows
      .slice(single ? 0 : 1)
      .map((row) => [row.pass, ...Object.values(columns).map((column) => row[column])]),
  ];
  const table = lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
  return `${table}\n\nFloat64 and float16 arrays come back as they are passed, too.`;
}
