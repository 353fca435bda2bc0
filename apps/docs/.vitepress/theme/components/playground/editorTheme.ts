import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { tags } from "@lezer/highlight";
import { EditorView } from "codemirror";
import "./editorColours.css";

const colours = HighlightStyle.define([
  { tag: [tags.keyword, tags.operatorKeyword, tags.modifier], color: "var(--code-keyword)" },
  { tag: [tags.string, tags.special(tags.string), tags.regexp], color: "var(--code-string)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--code-number)" },
  { tag: [tags.typeName, tags.className], color: "var(--code-type)" },
  { tag: tags.function(tags.variableName), color: "var(--code-function)" },
  { tag: tags.function(tags.propertyName), color: "var(--code-function)" },
  { tag: tags.comment, color: "var(--code-comment)", fontStyle: "italic" },
]);

const look = EditorView.theme({
  "&": { fontSize: "0.8125rem", backgroundColor: "var(--vp-code-block-bg)" },
  "&.cm-focused": { outline: "2px solid var(--vp-c-brand-1)" },
  ".cm-scroller": { fontFamily: "var(--vp-font-family-mono)", lineHeight: "1.6" },
  ".cm-content": { caretColor: "var(--vp-c-text-1)", padding: "0.75rem 0" },
  ".cm-cursor": { borderLeftColor: "var(--vp-c-text-1)" },
  ".cm-gutters": {
    border: "0",
    backgroundColor: "transparent",
    color: "var(--vp-c-text-2)",
  },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "var(--vp-c-default-soft)" },
  "&.cm-focused .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "var(--vp-c-brand-soft) !important",
  },
  ".cm-tooltip": {
    border: "1px solid var(--vp-c-divider)",
    backgroundColor: "var(--vp-c-bg-elv)",
    color: "var(--vp-c-text-1)",
  },
  ".cm-tooltip-autocomplete ul li[aria-selected]": {
    backgroundColor: "var(--vp-c-brand-3)",
    color: "#fff",
  },
  ".cm-completionInfo": { maxWidth: "22rem" },
});

/** The style of the editor: the colours of the page, dark and light. */
export const editorTheme = [syntaxHighlighting(colours), look];
