import { createContentLoader } from "vitepress";

export interface Changes {
  /** The package, or nothing for changes that are not released yet. */
  readonly package?: string;
  readonly html: string;
}

export declare const data: readonly Changes[];

/** Loads the changelog of each package, and the changesets of the next release. */
export default createContentLoader(["packages/*/CHANGELOG.md", ".changeset/*.md"], {
  render: true,
  transform: (pages): Changes[] =>
    pages.map(({ url, html = "" }) => {
      const name = /^\/packages\/(\w+)\//.exec(url)?.[1];
      return { package: name && `@surprisal/${name}`, html };
    }),
});
