/**
 * Makes two columns of the wide tables in a page of TypeDoc's: the name, and what there is to say
 * of it. Beside type and default, a description would lie off the screen of a phone.
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

/** A bar inside a cell is escaped. */
function cellsOf(line: string): string[] {
  return line.replace(/^\| | \|$/g, "").split(" | ");
}

function showDefault(value: string): string {
  return isSaid(value) && value !== "`undefined`" ? `, default ${value}` : "";
}

/** TypeDoc writes a hyphen where it has nothing to say. */
function isSaid(text: string): boolean {
  return text !== "" && text !== "-" && text !== "‐";
}
