import type { Size } from "../size.ts";
import { bytes, table } from "./table.ts";

export function sizeTable(sizes: readonly Size[]): string {
  const rows = sizes.map(({ name, minified, brotli }) => [name, bytes(minified), bytes(brotli)]);
  return `\nWhat an import adds to a web page\n${table(["", "minified", "brotli"], rows)}`;
}
