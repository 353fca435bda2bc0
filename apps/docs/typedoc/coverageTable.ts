import { type Peer, type PeerLoss, peers } from "../coverage/peers.ts";

/** The addresses of our functions and losses, by name. */
export type Links = ReadonlyMap<string, string>;

/** Writes the losses of other libraries beside ours, then ours that they do not have, as Markdown. */
export function coverageTables(links: Links): string {
  return [...peers.map((peer) => section(peer, links)), oursAlone(links)].join("\n\n");
}

/** Lists the losses of ours that no library of this comparison has. */
function oursAlone(links: Links): string {
  const named = new Set(peers.flatMap(({ losses }) => losses.map(({ ours }) => ours)));
  const names = [...links]
    .filter(([name, address]) => address.startsWith("/losses/") && !named.has(name))
    .map(([name]) => `- ${link(`\`${name}\``, links)}`);
  const title = "## Losses that only Surprisal has";
  return names.length === 0
    ? ""
    : `${title}\n\nNone of these libraries has them. The page of each names its paper.\n\n${names.sort().join("\n")}`;
}

function section({ library, module, common, losses }: Peer, links: Links): string {
  const lines = [
    `## ${library}`,
    `The losses of ${module}. Most of them have these options:`,
    Object.entries(common)
      .map(([option, text]) => `- ${codes(option)}: ${link(text, links)}.`)
      .join("\n"),
    [`| ${library} | here, and its options |`, "| --- | --- |"]
      .concat(losses.map((loss) => row(loss, links)))
      .join("\n"),
  ];
  return lines.join("\n\n");
}

function row({ names, ours, note, options = {} }: PeerLoss, links: Links): string {
  const parts = [
    ours === undefined ? undefined : here(ours, links),
    note === undefined ? undefined : link(note, links),
    ...Object.entries(options).map(
      ([option, text]) => `${codes(option)}: ${optionText(text, links)}`,
    ),
  ];
  const cell = parts.filter((part) => part !== undefined).join("<br>");
  return `| ${codes(names.join(", "))} | ${cell.replaceAll("|", "\\|")} |`;
}

/** Returns a link to a loss, or says that the version at hand does not have it. */
function here(name: string, links: Links): string {
  return links.has(name)
    ? link(`\`${name}\``, links)
    : `\`${name}\` is planned. Until then, write its formula with \`defineLoss\`.`;
}

/** Returns the name of an option as code, and a sentence as it is. */
function optionText(text: string, links: Links): string {
  return /^\w+$/.test(text) ? `\`${text}\`` : link(text, links);
}

/** Makes links of the functions that a text names as code. */
function link(text: string, links: Links): string {
  return text.replace(/`(\w+)`/g, (code, name) => {
    const address = links.get(name);
    return address === undefined ? code : `[${code}](${address})`;
  });
}

function codes(names: string): string {
  return names
    .split(", ")
    .map((name) => (/^\w+$/.test(name) ? `\`${name}\`` : name))
    .join(", ");
}
