/** Returns the address of a page without the origin: `losses/index.md` is `/losses/`. */
export function pageAddress(page: string): string {
  return `/${page.replace(/(^|\/)index\.md$/, "$1").replace(/\.md$/, "")}`;
}

/** Lists the addresses of all pages. Without an origin they start with a slash. */
export function sitemap(pages: readonly string[], origin: string): string {
  const urls = pages
    .map((page) => `  <url><loc>${escapeXml(origin + encodeURI(pageAddress(page)))}</loc></url>`)
    .sort();
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">',
    ...urls,
    "</urlset>\n",
  ].join("\n");
}

/** Allows all robots. A robot must know the origin to read the sitemap. */
export function robotsText(origin: string): string {
  const lines = [
    "User-agent: *",
    "Allow: /",
    ...(origin === "" ? [] : [`Sitemap: ${origin}/sitemap.xml`]),
  ];
  return `${lines.join("\n")}\n`;
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
