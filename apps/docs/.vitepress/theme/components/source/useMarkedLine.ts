import { onMounted, onUnmounted } from "vue";

/** Marks the line of code in the URL. The CSS selector `:target` does not follow the site's router. */
export function useMarkedLine() {
  onMounted(() => {
    markLine();
    window.addEventListener("hashchange", markLine);
  });
  onUnmounted(() => window.removeEventListener("hashchange", markLine));
}

function markLine() {
  const id = window.location.hash.slice(1);
  for (const line of document.querySelectorAll(".line[id]")) {
    line.classList.toggle("highlighted", line.id === id);
  }
}
