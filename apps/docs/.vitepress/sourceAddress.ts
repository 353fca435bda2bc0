/**
 * Returns the URL of the source page of a file, and of a line in it.
 *
 * It ends with a slash: VitePress takes a URL that ends in `.ts` for a download, and removes `.md`.
 */
export function sourceAddress(file: string, line?: number | string): string {
  const page = `/source/${file}/`;
  return line === undefined ? page : `${page}#L${line}`;
}
