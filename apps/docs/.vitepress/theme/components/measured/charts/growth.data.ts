import results from "../results.data.ts";
import { drawGrowth, type Growth, type GrowthSection } from "./growth.ts";

export declare const data: Readonly<Record<GrowthSection, Growth>>;

/** The charts of growth, drawn when the site is built. */
export default {
  load(): typeof data {
    const measured = results.load();
    return {
      "growth of classes": drawGrowth(measured, "growth of classes"),
      "growth of rows": drawGrowth(measured, "growth of rows"),
    };
  },
};
