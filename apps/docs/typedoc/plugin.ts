import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  Application,
  Converter,
  DeclarationReflection,
  type PageEvent,
  type ProjectReflection,
  type Reflection,
  ReflectionKind,
} from "typedoc";
import { MarkdownPageEvent } from "typedoc-plugin-markdown";
import { sourceAddress } from "../.vitepress/sourceAddress.ts";
import { foldTables } from "./foldTables.ts";
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
  // Before, TypeDoc would forget it: it resets its options once plugins are loaded.
  app.on(Application.EVENT_BOOTSTRAP_END, () => {
    app.options.setValue("sourceLinkTemplate", sourceAddress("{path}", "{line}"));
  });
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
    if (page.contents === undefined) return;
    page.contents = `${origin(page.model)}\n${foldTables(page.contents)}`;
    const found = functions.find(({ reflection }) => reflection === page.model);
    if (found === undefined) return;
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
    module.name = module.name.replace(/^packages\/(\w+)\/src/, "@surprisal/$1");
  }
}

/** Says which source file a page is made from, where it is edited. A module's is made from many. */
function origin(model: unknown): string {
  const isDeclared = model instanceof DeclarationReflection && model.kind !== ReflectionKind.Module;
  const file = isDeclared ? model.sources?.[0].fileName : undefined;
  return `---\n${file === undefined ? "editLink: false" : `madeFrom: ${file}`}\n---\n`;
}

/** Leads from the reference to the page that explains, under the heading. */
function linkToPage(contents: string, link: string | undefined): string {
  if (link === undefined) return contents;
  return contents.replace(/^# .*$/m, `$&\n\n[Explained, and to try out](${link})`);
}
