// Installs the dependencies and builds all packages, for scripts that need no more.
import { fail, setUp, turbo } from "./run.mjs";

setUp();
if (!turbo("build")) fail("The build failed, see above.");
