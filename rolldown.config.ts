import { defineConfig } from "rolldown";

// Our own modules as a few files: Node takes half a second to find and link seven hundred of them, more than a small
// scan takes for everything else. Packages stay outside, and what a command needs alone stays a file of its own.
export default defineConfig({
  input: { main: "bin/main.ts", project: "src/project/project.ts" },
  external: /^[^./]/,
  platform: "node",
  output: {
    dir: "dist",
    format: "esm",
    entryFileNames: "[name].js",
    chunkFileNames: "[name]-[hash].js",
    cleanDir: true,
  },
});
