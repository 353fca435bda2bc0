import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  Application,
  CommentTag,
  Converter,
  DeclarationReflection,
  type PageEvent,
  type ProjectReflection,
  type Reflection,
  ReflectionKind,
} from "typedoc";
import { MarkdownPageEvent } from "typedoc-plugin-markdown";
import { sourceAddress } from "../.vitepress/sourceAddress.ts";
import { coverageTables } from "./coverageTable.ts";
import { foldTables } from "./foldTables.ts";
import { frontMatter } from "./frontMatter.ts";
import { importSizes } from "./importSizes.ts";
import { indexOf } from "./indexOf.ts";
import { listTags } from "./listTags.ts";
import { type LinkTo, optionsTable } from "./optionsTable.ts";
import { readPages } from "./pages.ts";
import { lossTypes, type PublicFunction, readFunctions } from "./readFunctions.ts";
import { referencePage } from "./referencePage.ts";
import { typePage } from "./typePages.ts";

/**
 * Adapts TypeDoc to this site: modules have the names of imports, losses have their calls, and the
 * generated parts of the pages of functions and losses are written.
 */
export function load(app: Application) {
  // TypeDoc resets its options once plugins are loaded.
  app.on(Application.EVENT_BOOTSTRAP_END, () => {
    app.options.setValue("sourceLinkTemplate", sourceAddress("{path}", "{line}"));
  });
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    nameModules(project);
    for (const variable of project.getReflectionsByKind(ReflectionKind.Variable)) {
      groupLoss(variable as DeclarationReflection);
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
    const contents = foldTables(page.contents);
    const { model } = page;
    const found = functions.find(({ reflection }) => reflection === model);
    const name = model instanceof DeclarationReflection ? model.name : "";
    const written =
      found === undefined
        ? typePage(contents, name)
        : referencePage(contents, found, {
            linkTo,
            linkType: (type) => linkToType(page.project, type, linkTo),
            explained: pages.get(found.api.name)?.url,
          });
    page.contents = `${frontMatter(page)}\n${written}`;
  });
  app.renderer.postRenderAsyncJobs.push(async ({ outputDirectory }) => {
    const folder = join(outputDirectory, "options");
    mkdirSync(folder, { recursive: true });
    for (const found of functions) {
      writeFileSync(join(folder, `${found.api.name}.md`), optionsPart(found));
    }
    writeFileSync(
      join(folder, "coverage.md"),
      coverageTables(new Map([...pages].map(([name, { url }]) => [name, url]))),
    );
    const sizes = await importSizes(functions);
    for (const section of ["functions", "losses", "language", "evaluation"] as const) {
      writeFileSync(join(folder, `${section}.md`), indexOf(section, functions, { pages, sizes }));
    }
    const apis = functions.map(({ api }) => api);
    writeFileSync(join(outputDirectory, "functions.json"), JSON.stringify(apis, null, 2));
  });

  /** Writes the part of a function's page that is generated: its options, and links to its types. */
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

/** Lists a loss in a group of its own. */
function groupLoss(variable: DeclarationReflection) {
  if (lossTypes(variable) === undefined) return;
  variable.comment?.blockTags.unshift(new CommentTag("@group", [{ kind: "text", text: "Losses" }]));
}

function linkToType(project: ProjectReflection, name: string, linkTo: LinkTo): string {
  const [type] = project
    .getReflectionsByKind(ReflectionKind.Interface | ReflectionKind.TypeAlias)
    .filter((one) => one.name === name);
  if (type === undefined) throw new Error(`The reference has no type ${name}.`);
  return `[\`${name}\`](${linkTo(type)})`;
}
