import results from "../results.data.ts";
import { drawGather, type GatherCharts } from "./gather.ts";

export declare const data: GatherCharts;

/** Draws the charts of the two gather methods when the site is built. */
export default {
  load: (): GatherCharts => drawGather(results.load()),
};
