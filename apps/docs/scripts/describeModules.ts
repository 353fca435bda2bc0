/** One ES module that the site serves. */
export interface ModuleFile {
  /** The path on the site: /modules/core.js. */
  readonly path: string;
  /** What programs import it by. */
  readonly entries: readonly string[];
  readonly bytes: number;
  /** The size after compression with brotli. */
  readonly compressedBytes: number;
  /** What the `integrity` of an import map takes. */
  readonly integrity: string;
}

/** Writes the table of modules, as Markdown. */
export function modulesTable(files: readonly ModuleFile[]): string {
  const kilobytes = (bytes: number) => `${(bytes / 1000).toFixed(1)} kB`;
  const rows = files.map(({ path, entries, bytes, compressedBytes, integrity }) => {
    const names = entries.map((entry) => `\`${entry}\``).join("<br>");
    const link = `<a href="${path}" download>${path.split("/").at(-1)}</a>`;
    const sizes = `${kilobytes(compressedBytes)} | ${kilobytes(bytes)}`;
    return `| ${link} | ${names} | ${sizes} | <code class="hash">${integrity}</code> |`;
  });
  return ["| file | import | brotli | as it is | integrity |", "| --- | --- | --- | --- | --- |"]
    .concat(rows)
    .join("\n");
}

/** Writes a page that loads the modules by an import map, as a block of HTML. */
export function importMapExample(files: readonly ModuleFile[], origin: string): string {
  const shown = files.filter(({ path }) => /core|losses/.test(path));
  const imports = Object.fromEntries(
    shown.flatMap(({ path, entries }) => entries.map((entry) => [entry, origin + path])),
  );
  const integrity = Object.fromEntries(shown.map((file) => [origin + file.path, file.integrity]));
  const map = JSON.stringify({ imports, integrity }, null, 2).replaceAll(/^/gm, "  ");
  return `\`\`\`html
<script type="importmap">
${map}
</script>
<script type="module">
  import { crossEntropy } from "@surprisal/losses";
  document.body.textContent = crossEntropy([2, 1, 0], 0);
</script>
\`\`\``;
}
