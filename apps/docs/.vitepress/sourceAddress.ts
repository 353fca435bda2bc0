/**
 * Where a file of the repository is shown, and a line of it: on a page of this site.
 *
 * The slash keeps the ending from the end, where VitePress takes `.ts` for a download and drops `.md`.
 */
export function sourceAddress(file: string, line?: number | string): string {
  const page = `/source/${file}/`;
  return line === undefined ? page : `${page}#L${line}`;
}
