// Answers a request with the report of the conformance checks, in workerd.
import { conformance } from "./conformance.mjs";

export default {
  async fetch() {
    return Response.json(await conformance());
  },
};
