import { type Comment, type CommentDisplayPart, CommentTag } from "typedoc";

/** Merges all tags of one name into one tag with a list. */
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
