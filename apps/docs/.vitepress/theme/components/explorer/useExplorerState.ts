import { onBeforeUnmount, onMounted, type ShallowRef, shallowRef } from "vue";
import { type ExplorerState, queryOf, stateIn } from "./address.ts";
import { type Settings, type Subject, startOf } from "./subject.ts";

/** The time after a change until the address follows, in milliseconds: browsers limit the number of changes. */
const delay = 250;

/** The state of an explorer, which the query of the address follows. */
export interface AddressedState {
  readonly state: Readonly<ShallowRef<ExplorerState>>;
  /** The initial settings. */
  readonly first: Settings;
  /** Changes the state. Changes by one control in a row are one step of the history. */
  change(control: string, next: ExplorerState): void;
  /** Writes a change to the address that still waits for its time. */
  flush(): void;
}

export function useExplorerState(
  subject: Subject,
  start: Readonly<Record<string, unknown>>,
): AddressedState {
  const first = startOf(subject, start);
  const state = shallowRef<ExplorerState>({ settings: first, moved: undefined });
  let timer: ReturnType<typeof setTimeout> | undefined;
  let path = "";
  let changing = "";
  /** The control that the newest step of the history belongs to. */
  let recorded = "";

  function change(control: string, next: ExplorerState) {
    if (control !== changing) flush();
    changing = control;
    state.value = next;
    clearTimeout(timer);
    timer = setTimeout(flush, delay);
  }

  function flush() {
    if (timer === undefined) return;
    stopTimer();
    const query = queryOf(subject, first, state.value);
    if (query === location.search.slice(1)) return;
    const address = query === "" ? path : `${path}?${query}`;
    // VitePress scrolls to the position in the state when a reader goes back.
    const entry = { ...history.state, scrollPosition: scrollY };
    if (changing === recorded) history.replaceState(entry, "", address);
    else history.pushState(entry, "", address);
    recorded = changing;
  }

  function stopTimer() {
    clearTimeout(timer);
    timer = undefined;
  }

  function read() {
    stopTimer();
    if (location.pathname !== path) return;
    changing = "";
    recorded = "";
    state.value = stateIn(subject, first, location.search);
  }

  onMounted(() => {
    path = location.pathname;
    if (location.search !== "") read();
    addEventListener("popstate", read);
  });

  onBeforeUnmount(() => {
    removeEventListener("popstate", read);
    stopTimer();
  });

  return { state, first, change, flush };
}
