import type { Theme } from "vitepress";
import DefaultTheme from "vitepress/theme";
import Runnable from "./components/runnable/Runnable.vue";
import "./style.css";

export default {
  extends: DefaultTheme,
  enhanceApp({ app }) {
    app.component("Runnable", Runnable);
  },
} satisfies Theme;
