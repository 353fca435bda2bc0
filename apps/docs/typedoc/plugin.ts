import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  type Application,
  Converter,
  type DeclarationReflection,
  type PageEvent,
  type ProjectReflection,
  type Reflection,
  ReflectionKind,
} from "typedoc";
import { MarkdownPageEvent } from "typedoc-plugin-markdown";
import { listTags } from "./listTags.ts";
import { describeLoss } from "./lossCalls.ts";
import { optionsTable } from "./optionsTable.ts";
import { readPages } from "./pages.ts";
import { type PublicFunction, readFunctions } from "./readFunctions.ts";

/**
 * Fits TypeDoc to this site: names the modules as they are imported, shows how losses are called,
 * and writes what the pages of functions and losses take from the types.
 */
export function load(app: Application) {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    nameModules(project);
    for (const variable of project.getReflectionsByKind(ReflectionKind.Variable)) {
      describeLoss(variable as DeclarationReflection);
    }
  });
  let functions: readonly PublicFunction[] = [];
  app.converter.on(Converter.EVENT_RESOLVE_END, ({ project }) => {
    functions = readFunctions(project);
    for (const { comment } of Object.values(project.reflections)) {
      if (comment === undefined) continue;
      listTags(comment, "@param", "@parameters");
      listTags(comment, "@throws", "@throws");
    }
  });

  const pages = readPages();
  const linkTo = (reflection: Reflection) => {
    const url = app.renderer.router?.getFullUrl(reflection) ?? "";
    return `/reference/${url.replace(".md", "")}`;
  };
  app.renderer.on(MarkdownPageEvent.END, (page: PageEvent) => {
    const found = functions.find(({ reflection }) => reflection === page.model);
    if (found === undefined || page.contents === undefined) return;
    page.contents = [
      linkToPage(page.contents, pages.get(found.api.name)),
      `## Options\n\n${optionsTable(found, linkTo)}\n`,
    ].join("\n");
  });
  app.renderer.postRenderAsyncJobs.push(async ({ outputDirectory }) => {
    const folder = join(outputDirectory, "options");
    mkdirSync(folder, { recursive: true });
    for (const found of functions) {
      writeFileSync(join(folder, `${found.api.name}.md`), optionsPart(found));
    }
    const apis = functions.map(({ api }) => api);
    writeFileSync(join(outputDirectory, "functions.json"), JSON.stringify(apis, null, 2));
  });

  /** What the page of a function includes: its options, and the way to its types. */
  function optionsPart(found: PublicFunction): string {
    const { name } = found.api;
    const link = `[the reference of \`${name}\`](${linkTo(found.reflection)})`;
    return `${optionsTable(found, linkTo)}\n\nSignatures, types and errors: ${link}.\n`;
  }
}

function nameModules(project: ProjectReflection) {
  for (const module of project.getReflectionsByKind(ReflectionKind.Module)) {
    module.name = module.name.replace(/^(\w+)\/src/, "@surprisal/$1");
  }
}

/** Leads from the reference to the page that explains, under the heading. */
function linkToPage(contents: string, link: string | undefined): string {
  if (link === undefined) return contents;
  return contents.replace(/^# .*$/m, `$&\n\n[Explained, and to try out](${link})`);
}
