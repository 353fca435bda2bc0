import type { Theme } from "vitepress";
import DefaultTheme from "vitepress/theme";
import { defineAsyncComponent } from "vue";
import "./style.css";

export default {
  extends: DefaultTheme,
  enhanceApp({ app }) {
    app.component(
      "Explorer",
      defineAsyncComponent(() => import("./components/explorer/Explorer.vue")),
    );
  },
} satisfies Theme;
