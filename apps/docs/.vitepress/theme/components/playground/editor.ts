import { autocompletion } from "@codemirror/autocomplete";
import { indentWithTab } from "@codemirror/commands";
import { javascript, localCompletionSource } from "@codemirror/lang-javascript";
import { lintGutter, setDiagnostics } from "@codemirror/lint";
import { Prec } from "@codemirror/state";
import { keymap } from "@codemirror/view";
import { basicSetup, EditorView } from "codemirror";
import { data as modules } from "./api.data.ts";
import { completeApi } from "./completeApi.ts";
import { editorTheme } from "./editorTheme.ts";

export interface Editor {
  readonly code: string;
  replace(code: string): void;
  /** Marks the line of an error; without a line, removes the mark. */
  mark(line?: number, message?: string): void;
  focus(): void;
  destroy(): void;
}

interface EditorOptions {
  readonly parent: Element;
  readonly code: string;
  /** The accessible name; by default "Program". */
  readonly label?: string;
  readonly onChange: (code: string) => void;
  readonly onRun: () => void;
}

/** Creates an editor for TypeScript that knows our packages. Escape, then Tab leaves it. */
export function openEditor({
  parent,
  code,
  label = "Program",
  onChange,
  onRun,
}: EditorOptions): Editor {
  const run = () => {
    onRun();
    return true;
  };
  const view = new EditorView({
    parent,
    doc: code,
    extensions: [
      Prec.highest(keymap.of([{ key: "Mod-Enter", run }])),
      keymap.of([indentWithTab]),
      basicSetup,
      javascript({ typescript: true }),
      autocompletion({ override: [completeApi(modules), localCompletionSource] }),
      lintGutter(),
      editorTheme,
      EditorView.lineWrapping,
      EditorView.contentAttributes.of({ "aria-label": label }),
      EditorView.updateListener.of((update) => {
        if (update.docChanged) onChange(update.state.doc.toString());
      }),
    ],
  });

  return {
    get code() {
      return view.state.doc.toString();
    },
    replace(text) {
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } });
    },
    mark(line, message = "") {
      const { doc } = view.state;
      const at = line && line <= doc.lines ? doc.line(line) : undefined;
      const diagnostics = at
        ? [{ from: at.from, to: at.to, severity: "error" as const, message }]
        : [];
      view.dispatch(setDiagnostics(view.state, diagnostics));
    },
    focus: () => view.focus(),
    destroy: () => view.destroy(),
  };
}
