import {
  type Application,
  type Comment,
  type CommentDisplayPart,
  CommentTag,
  Converter,
  type DeclarationReflection,
  type ProjectReflection,
  ReferenceType,
  ReflectionKind,
  TupleType,
} from "typedoc";

/** Names the modules as they are imported, shows how losses are called, and lists repeated tags. */
export function load(app: Application) {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    nameModules(project);
    for (const variable of project.getReflectionsByKind(ReflectionKind.Variable)) {
      describeLoss(variable as DeclarationReflection);
    }
  });
  app.converter.on(Converter.EVENT_RESOLVE_END, ({ project }) => {
    for (const { comment } of Object.values(project.reflections)) {
      if (comment === undefined) continue;
      listTags(comment, "@param", "@parameters");
      listTags(comment, "@throws", "@throws");
    }
  });
}

function nameModules(project: ProjectReflection) {
  for (const module of project.getReflectionsByKind(ReflectionKind.Module)) {
    module.name = module.name.replace(/^(\w+)\/src/, "@surprisal/$1");
  }
}

/** A loss is a constant of type `Loss<[…], …>`: its calls follow from the arguments named there. */
function describeLoss({ name, type, comment }: DeclarationReflection) {
  if (!(type instanceof ReferenceType) || type.name !== "Loss") return;
  const [rest] = type.typeArguments ?? [];
  if (comment === undefined || !(rest instanceof TupleType)) return;
  const names = rest.elements.map((element) => ("name" in element ? element.name : "…"));
  const call = `(${["input", ...names, "options?"].join(", ")})`;
  const code = `\`\`\`ts\n${name}${call}\n${name}.valueAndGrad${call}\n\`\`\``;
  comment.blockTags.unshift(
    new CommentTag("@group", [{ kind: "text", text: "Losses" }]),
    new CommentTag("@calls", [{ kind: "code", text: code }]),
  );
}

/** Makes one tag, which holds a list, of all the tags of a name. */
function listTags(comment: Comment, name: `@${string}`, listName: `@${string}`) {
  const first = comment.blockTags.findIndex(({ tag }) => tag === name);
  if (first < 0) return;
  const items = comment
    .getTags(name)
    .flatMap((tag): CommentDisplayPart[] => [
      { kind: "text", text: tag.name === undefined ? "\n- " : `\n- \`${tag.name}\`: ` },
      ...tag.content,
    ]);
  comment.removeTags(name);
  comment.blockTags.splice(first, 0, new CommentTag(listName, items));
}
