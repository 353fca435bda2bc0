import { facts } from "../../../facts.ts";

export declare const data: typeof facts;

export default { load: () => facts };
