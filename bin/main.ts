/** Front door: joins the command line with the rules. */
import { fileURLToPath } from "node:url";
import { rules } from "../rules/index.js";
import { run } from "../src/cli/run.js";

// A reader that closes the pipe early (`authgap scan | head`) is no error.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit();
    throw error;
  });
}

// From dist up to the package, where the pages lie beside the built program.
const pagesFolder = fileURLToPath(new URL("../rules/", import.meta.url));
process.exitCode = await run(process.argv.slice(2), rules, pagesFolder);
