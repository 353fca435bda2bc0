import { createContentLoader } from "vitepress";

export interface Changes {
  /** The package whose releases these are; none for changes that wait for the next release. */
  readonly package?: string;
  readonly html: string;
}

export declare const data: readonly Changes[];

/** What changesets has written for each package, and the changesets that wait for a release. */
export default createContentLoader(["packages/*/CHANGELOG.md", ".changeset/*.md"], {
  render: true,
  transform: (pages): Changes[] =>
    pages.map(({ url, html = "" }) => {
      const name = /^\/packages\/(\w+)\//.exec(url)?.[1];
      return { package: name && `@surprisal/${name}`, html };
    }),
});
