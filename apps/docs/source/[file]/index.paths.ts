import { sourceAddress } from "../../.vitepress/sourceAddress.ts";
import { sourceFiles } from "../../.vitepress/sourceFiles.ts";

export default {
  paths: () => sourceFiles().map((file) => ({ params: { file }, content: page(file) })),
};

function page(file: string): string {
  const [, language = "txt"] = file.match(/\.(\w+)$/) ?? [];
  // As code, a name that ends in .md does not become a link.
  const heading = file.replace(/[^/]+$/, "`$&`").replaceAll("/", "/<wbr>");
  return `# ${heading}\n\n${note}\n\n<<< @/${file}{${language}:line-numbers}\n`;
}

const note = `
The heading is the path of this file in the repository. To change the file, edit it in your copy.
\`npm start\` shows the site with the change, and \`npm test\` checks it. Then open a pull request.
[\`CONTRIBUTING.md\`](${sourceAddress("CONTRIBUTING.md")}) has the rules.
`;
