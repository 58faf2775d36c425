#!/usr/bin/env node
import { existsSync } from "node:fs";
import module from "node:module";

// compiled code kept between runs, where Node offers it (from 22.8 on); a no-op when its folder cannot be written
module.enableCompileCache?.();

const main = new URL("../dist/main.js", import.meta.url);
if (existsSync(main)) {
  await import(main.href);
} else {
  process.stderr.write("error: authgap is not built\n  hint: run 'npm run build' in its folder\n");
  process.exitCode = 3;
}
