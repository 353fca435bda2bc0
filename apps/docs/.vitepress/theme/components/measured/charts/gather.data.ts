import results from "../results.data.ts";
import { drawGather, type GatherCharts } from "./gather.ts";

export declare const data: GatherCharts;

/** The charts of the two ways to one value per row, drawn when the site is built. */
export default {
  load: (): GatherCharts => drawGather(results.load()),
};
