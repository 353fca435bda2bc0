import { serveSite } from "./site.ts";

const { url } = await serveSite();
console.log(`The site is at ${url}/ (Ctrl+C ends it).`);
