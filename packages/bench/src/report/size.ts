import type { BundleSize } from "../record.ts";
import { drawTable, formatBytes } from "./table.ts";

export function sizeTable(sizes: readonly BundleSize[]): string {
  const rows = sizes.map(({ name, minified, brotli }) => [
    name,
    formatBytes(minified),
    formatBytes(brotli),
  ]);
  return `\nWhat an import adds to a web page\n${drawTable(["", "minified", "brotli"], rows)}`;
}
