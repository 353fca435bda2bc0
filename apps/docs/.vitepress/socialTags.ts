import type { HeadConfig, TransformContext } from "vitepress";

/** The origin of the deployed site, if known: pictures need absolute addresses. */
const origin = process.env.SITE_ORIGIN ?? "";

/** Returns the Open Graph tags of a page, which other sites show with a link to it. */
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
