/** The build for browsers, or the one that renders the pages. */
interface Build {
  readonly isSsrBuild?: boolean;
}

const rendersPages = (_config: unknown, { isSsrBuild }: Build) => isSsrBuild === true;

/**
 * VitePress builds the site for browsers, and then once more to render its pages. The second build takes the data that
 * the first has loaded, as some of it is the result of a training, and has no search index: only readers search.
 */
export function loadOnce() {
  const loaded = new Map<string, string>();
  return [
    {
      name: "keep-data",
      apply: (config: unknown, build: Build) => !rendersPages(config, build),
      moduleParsed({ id, code }: { id: string; code: string | null }) {
        if (id.endsWith(".data.ts") && code !== null) loaded.set(id, code);
      },
    },
    {
      name: "reuse-data",
      enforce: "pre" as const,
      apply: rendersPages,
      load: (id: string) =>
        id.startsWith("/@localSearchIndex") ? "export default {};" : loaded.get(id),
    },
  ];
}
