/** The texts of the page for missing pages. */
export const notFound = {
  title: "Page not found",
  quote: "There is no page at this address.",
  linkText: "To the start",
  linkLabel: "To the start",
};

/** Adds the texts to the HTML of the page for missing pages, which VitePress leaves empty. */
export function sayNotFound(html: string): string {
  const { title, quote, linkText } = notFound;
  const said = [
    "<p>404</p>",
    `<h1>${title}</h1>`,
    `<p>${quote}</p>`,
    `<p><a href="/">${linkText}</a></p>`,
  ];
  return html.replace(
    '<div id="app"></div>',
    `$&\n    <noscript><main class="missing-page vp-doc">${said.join("")}</main></noscript>`,
  );
}
