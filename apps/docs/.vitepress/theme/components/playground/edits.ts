/** The key of the reader's own program in the storage of the tab. */
const key = "surprisal-playground";

/** Keeps an edited program while the tab is open, or forgets it. */
export function keepEdits(code: string | undefined): void {
  try {
    if (code === undefined) sessionStorage.removeItem(key);
    else sessionStorage.setItem(key, code);
  } catch {
    // A browser may refuse storage: then edits last as long as the page.
  }
}

/** Returns the program that was kept. */
export function keptEdits(): string | undefined {
  try {
    return sessionStorage.getItem(key) ?? undefined;
  } catch {
    return undefined;
  }
}
