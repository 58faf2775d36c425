import { defineConfig } from "vitest/config";

const report = process.env.AUTHGAP_TEST_REPORT ?? "";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["fixtures/**", "node_modules/**", "dist/**"],
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 30_000,
    reporters: report === "" ? ["default"] : ["default", "json"],
    ...(report === "" ? {} : { outputFile: { json: report } }),
  },
});
