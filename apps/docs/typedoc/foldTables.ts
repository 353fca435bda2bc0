/**
 * Reduces the wide tables of a TypeDoc page to two columns, name and description. On a phone, a
 * column for the description would be off the screen, beside type and default.
 */
export function foldTables(markdown: string): string {
  return markdown.replace(/^\| .*\n\| -.*\n(?:\| .*\n?)+/gm, (table) => {
    const [columns, , ...rows] = table.trimEnd().split("\n").map(cellsOf);
    return columns.length < 3 ? table : fold(columns, rows);
  });
}

function fold(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const has = (column: string) => columns.includes(column);
  const titles = [
    ...(has("Description") ? ["meaning"] : []),
    "type",
    ...(has("Default value") ? ["default"] : []),
  ];
  const folded = rows.map((row) => {
    const cell = (column: string) => row[columns.indexOf(column)] ?? "";
    const facts = [cell("Modifier"), cell("Type")].filter(Boolean).join(" ");
    const below = `${facts}${showDefault(cell("Default value"))}`;
    return [row[0], [cell("Description"), below].filter(isSaid).join("<br>")];
  });
  const lines = [
    [columns[0].toLowerCase(), titles.join(", ").replace(/, (\w+)$/, " and $1")],
    ["---", "---"],
    ...folded,
  ];
  return `${lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n")}\n`;
}

/** Splits a line into cells. A bar inside a cell is escaped. */
function cellsOf(line: string): string[] {
  return line.replace(/^\| | \|$/g, "").split(" | ");
}

function showDefault(value: string): string {
  return isSaid(value) && value !== "`undefined`" ? `, default ${value}` : "";
}

/** TypeDoc writes a hyphen in an empty cell. */
function isSaid(text: string): boolean {
  return text !== "" && text !== "-" && text !== "‐";
}
