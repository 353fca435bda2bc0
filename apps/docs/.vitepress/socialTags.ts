import type { HeadConfig, TransformContext } from "vitepress";

/** Where the site will stand, when it is built for that: pictures are only found by a whole address. */
const origin = process.env.SITE_ORIGIN ?? "";

/** What a link to a page is shown with elsewhere (the Open Graph protocol). */
export function socialTags({ title, description }: TransformContext): HeadConfig[] {
  const tags = {
    "og:type": "website",
    "og:site_name": "Surprisal",
    "og:title": title,
    "og:description": description,
    "og:image": `${origin}/social.png`,
    "og:image:alt": "The curve of −log p: the smaller p, the greater the surprisal",
  };
  return Object.entries(tags).map(([property, content]) => ["meta", { property, content }]);
}
