import { chmodSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Project } from "../../src/model/project.js";
import { readProject } from "../../src/project/project.js";
import { readSource } from "../../src/project/read-source.js";
import { classifyText } from "../../src/project/roles.js";
import { folderWith } from "./folder.js";

const roles = (project: Project): Record<string, string> =>
  Object.fromEntries(project.files.map((file) => [file.path, file.role]));
const read = (root: string, options = {}): Project => readProject([root], { cwd: root, ...options });

describe("what is listed", () => {
  test("an empty folder is an empty project", () => {
    const root = folderWith({});
    expect(read(root)).toEqual({
      root,
      scope: [""],
      files: [],
      aliases: [],
      packages: [],
      schemaFiles: [],
      excluded: {},
      problems: [],
    });
  });

  test("sources of all extensions, sorted, with their dialect; other files are not", () => {
    const root = folderWith({ "b.mts": "", "a.tsx": "", "c/d.cjs": "", "c/e.jsx": "", "f.json": "{}", "g.md": "" });
    const listed = read(root).files.map((file) => [file.path, file.dialect]);
    expect(listed).toEqual([
      ["a.tsx", "tsx"],
      ["b.mts", "ts"],
      ["c/d.cjs", "js"],
      ["c/e.jsx", "jsx"],
    ]);
  });

  test("roles come from names and folders, and each exclusion is counted", () => {
    const root = folderWith({
      "src/a.ts": "",
      "src/a.test.ts": "",
      "src/__tests__/b.ts": "",
      "test/fixtures/c.ts": "",
      "src/a.stories.tsx": "",
      "prisma/seed-users.ts": "",
      "src/api.generated.ts": "",
      "src/generated/client.ts": "",
      "src/types.d.ts": "",
      "public/lib.min.js": "",
    });
    const project = read(root);
    expect(roles(project)).toMatchObject({ "src/a.ts": "source", "src/types.d.ts": "declaration" });
    expect(project.excluded).toEqual({ test: 3, story: 1, seed: 1, generated: 2, declaration: 1, minified: 1 });
    expect(roles(read(root, { includeTests: true }))["test/fixtures/c.ts"]).toBe("source");
    expect(roles(read(root, { include: ["src/generated/**"] }))["src/generated/client.ts"]).toBe("source");
    expect(roles(read(root, { exclude: ["src"] }))["src/a.ts"]).toBeUndefined();
  });

  test("where folders spell URLs an ordinary word is no role", () => {
    const root = folderWith({
      "app/api/test/route.ts": "",
      "app/(shop)/api/e2e/route.ts": "",
      "app/routes/models.seed.ts": "",
      "apps/api/test/x.ts": "",
    });
    expect(roles(read(root))).toEqual({
      "app/(shop)/api/e2e/route.ts": "source",
      "app/api/test/route.ts": "source",
      "app/routes/models.seed.ts": "source",
      "apps/api/test/x.ts": "test",
    });
  });

  test("a folder that was asked for is scanned whatever its name", () => {
    const root = folderWith({ "package.json": {}, "test/app/a.ts": "", "test/other/b.ts": "", "dist/c.ts": "" });
    const project = readProject(["test/app", "dist"], { cwd: root });
    expect(project.scope).toEqual(["dist", "test/app"]);
    expect(roles(project)).toMatchObject({ "test/app/a.ts": "source", "dist/c.ts": "source" });
    expect(project.files.filter((file) => file.inScope)).toHaveLength(2);
  });

  test("build output beside a package.json is skipped, a source folder of that name is not", () => {
    const root = folderWith({
      "package.json": {},
      ".gitignore": "/lib/out\ncompiled/\n",
      "dist/a.ts": "",
      "src/build/b.ts": "",
      "lib/out/c.ts": "",
      "src/compiled/d.ts": "",
      "node_modules/x/index.ts": "",
      ".next/e.ts": "",
      "app/.server/f.ts": "",
    });
    const project = read(root);
    expect(project.files.map((file) => file.path)).toEqual(["app/.server/f.ts", "src/build/b.ts"]);
    expect(project.excluded).toEqual({ "output-folder": 3 });
  });

  test("a file of 5 MB is too large unless it is asked for", () => {
    const root = folderWith({ "big.ts": "x;\n".repeat(1_700_000) });
    expect(read(root).excluded).toEqual({ "too-large": 1 });
    expect(roles(read(root, { maxFileBytes: 10_000_000 }))).toEqual({ "big.ts": "source" });
  });

  test("no symbolic link is followed, neither in a circle nor out of the project", () => {
    const root = folderWith({ "src/a.ts": "" });
    const outside = folderWith({ "secret.ts": "" });
    symlinkSync("..", join(root, "src/up"));
    symlinkSync(outside, join(root, "src/outside"));
    symlinkSync(join(outside, "secret.ts"), join(root, "src/link.ts"));
    const project = read(root);
    expect(project.files.map((file) => file.path)).toEqual(["src/a.ts"]);
    expect(project.excluded).toEqual({ symlink: 3 });
  });

  test.skipIf(process.getuid?.() === 0)("an unreadable folder is counted and told", () => {
    const root = folderWith({ "a.ts": "", "closed/b.ts": "" });
    chmodSync(join(root, "closed"), 0);
    const project = read(root);
    chmodSync(join(root, "closed"), 0o700);
    expect(project.excluded).toEqual({ "unreadable-folder": 1 });
    expect(project.problems).toHaveLength(1);
  });

  test("schemas and migrations are found anywhere, large dumps are not", () => {
    const root = folderWith({
      "db/schema.prisma": "",
      "db/migrations/1/migration.sql": "",
      "dump.sql": "-".repeat(1_000_001),
    });
    expect(read(root).schemaFiles).toEqual(["db/migrations/1/migration.sql", "db/schema.prisma"]);
  });
});

describe("what a text shows", () => {
  test("binary, minified, generated, source", () => {
    expect(classifyText(Buffer.from([0x47, 0x40, 0, 0, 1]))).toBe("binary");
    expect(classifyText(Buffer.from(Array.from({ length: 400 }, (_, i) => 128 + (i % 64))))).toBe("binary");
    expect(classifyText(`a;\n${"x".repeat(50_001)}\nb;`)).toBe("minified");
    expect(classifyText(`${"a;\n".repeat(60_000)}`)).toBe("source");
    expect(classifyText("/* eslint-disable */\n// @generated by protoc\nexport {}")).toBe("generated");
    expect(classifyText("// This file was automatically generated by a tool.\n")).toBe("generated");
    expect(classifyText('throw new Error("DO NOT EDIT");')).toBe("source");
    expect(classifyText("const name = 'größe \ufffd';")).toBe("source");
  });

  test("reading a file that is gone, or a folder, is unreadable", () => {
    const root = folderWith({ "a.ts": "let a = 1;" });
    mkdirSync(join(root, "b.ts"));
    expect(readSource({ root }, "a.ts")).toEqual({ text: "let a = 1;", role: "source" });
    expect(readSource({ root }, "b.ts").role).toBe("unreadable");
    expect(readSource({ root }, "c.ts").role).toBe("unreadable");
  });
});
