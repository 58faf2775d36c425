#!/usr/bin/env node
import { existsSync } from "node:fs";

const main = new URL("../dist/bin/main.js", import.meta.url);
if (existsSync(main)) {
  await import(main.href);
} else {
  process.stderr.write("error: authgap is not built\n  hint: run 'npm run build' in its folder\n");
  process.exitCode = 3;
}
