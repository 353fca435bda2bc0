import type { Theme } from "vitepress";
import DefaultTheme from "vitepress/theme";
import { defineAsyncComponent } from "vue";
import Runnable from "./components/runnable/Runnable.vue";
import "./style.css";

export default {
  extends: DefaultTheme,
  enhanceApp({ app }) {
    app.component(
      "Explorer",
      defineAsyncComponent(() => import("./components/explorer/Explorer.vue")),
    );
    app.component("Runnable", Runnable);
  },
} satisfies Theme;
