import results from "../results.data.ts";
import { drawGrowth, type Growth, type GrowthSection } from "./growth.ts";

export declare const data: Readonly<Record<GrowthSection, Growth>>;

/** Draws the charts of growth when the site is built. */
export default {
  load(): typeof data {
    const loaded = results.load();
    return {
      "growth of classes": drawGrowth(loaded, "growth of classes"),
      "growth of rows": drawGrowth(loaded, "growth of rows"),
    };
  },
};
