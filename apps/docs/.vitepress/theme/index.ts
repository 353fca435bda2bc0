import type { Theme } from "vitepress";
// Without the theme's fonts, which would be two thirds of the bytes of a page.
import DefaultTheme from "vitepress/theme-without-fonts";
import { defineAsyncComponent } from "vue";
import Runnable from "./components/runnable/Runnable.vue";
import SiteLayout from "./components/site/SiteLayout.vue";
import "./components/learn/learn.css";
import "./style.css";
import "./print.css";

export default {
  extends: DefaultTheme,
  Layout: SiteLayout,
  enhanceApp({ app }) {
    app.component(
      "Explorer",
      defineAsyncComponent(() => import("./components/explorer/Explorer.vue")),
    );
    app.component("Runnable", Runnable);
  },
} satisfies Theme;
