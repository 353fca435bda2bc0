/** Returns the path of the page that is made from a Markdown file. */
export function pathOf(file: string): string {
  return file
    .replace(/^docs\//, "")
    .replace(/^packages\/core\/src\/functions\/(\w+)\/\1\.md$/, "functions/$1.md")
    .replace(/^packages\/(losses|language|evaluation)\/src\/(\w+)\/\2\.md$/, "$1/$2.md")
    .replace(/^apps\/docs\/(reference|source)\//, "$1/");
}
