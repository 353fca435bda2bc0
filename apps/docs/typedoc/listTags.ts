import { type Comment, type CommentDisplayPart, CommentTag } from "typedoc";

/** Makes one tag, which holds a list, of all the tags of a name. */
export function listTags(comment: Comment, name: `@${string}`, listName: `@${string}`) {
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
