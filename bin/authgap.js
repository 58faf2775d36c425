#!/usr/bin/env node
import { existsSync } from "node:fs";
import module from "node:module";
import v8 from "node:v8";

// Most of this runs for seconds and not for hours: on Node 20 making machine code of it cost more than half of all
// processor time. Asked for later and with less put into one, it takes a third off for a twentieth on the main thread.
if (process.versions.node.startsWith("20.")) {
  v8.setFlagsFromString("--interrupt-budget=200000");
  v8.setFlagsFromString("--max-inlined-bytecode-size-cumulative=200");
}

// compiled code kept between runs, where Node offers it (from 22.8 on); a no-op when its folder cannot be written
module.enableCompileCache?.();

const main = new URL("../dist/main.js", import.meta.url);
if (existsSync(main)) {
  await import(main.href);
} else {
  process.stderr.write("error: authgap is not built\n  hint: run 'npm run build' in its folder\n");
  process.exitCode = 3;
}
