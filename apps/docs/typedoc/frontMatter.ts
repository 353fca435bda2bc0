import { DeclarationReflection, type PageEvent, ReflectionKind } from "typedoc";
import { describePage } from "../.vitepress/machines/describePage.ts";

/** Modules for authors of losses and kernels. The search would show them before what users look for. */
const internal = "@surprisal/core/authoring";

/** Returns the front matter of a page: title, description, and source file if it has one. */
export function frontMatter({ model, contents = "" }: PageEvent): string {
  const declaration = model instanceof DeclarationReflection ? model : undefined;
  const isModule = declaration?.kind === ReflectionKind.Module;
  const module = isModule ? declaration : declaration?.parent;
  const isOfMember = declaration !== undefined && !isModule;
  const file = isOfMember ? declaration.sources?.[0].fileName : undefined;
  const facts = {
    ...(isOfMember
      ? {
          title: `${declaration.name} in ${module?.name}`,
          description: `Reference of ${declaration.name}. ${describePage(contents) ?? ""}`.trim(),
        }
      : { title: isModule ? `Reference of ${module?.name}` : "Reference" }),
    ...(declaration === undefined
      ? {
          description:
            "All functions, losses and types of the packages, generated from their sources.",
        }
      : {}),
    ...(file === undefined ? { editLink: false } : { madeFrom: file }),
    ...(module?.name === internal ? { search: false } : {}),
  };
  const lines = Object.entries(facts).map(([key, value]) => `${key}: ${JSON.stringify(value)}`);
  return `---\n${lines.join("\n")}\n---\n`;
}
