import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createModuleResolver } from "../../src/program/linking/module-resolution.js";
import { readProject } from "../../src/project/project.js";
import { folderWith } from "./folder.js";

/** Resolver over a real folder that answers with a path, `package name|subpath` or `missing`. */
function resolverOf(files: Readonly<Record<string, unknown>>): (from: string, specifier: string) => string {
  const root = folderWith({ "pnpm-workspace.yaml": "", ...files });
  const resolve = createModuleResolver(readProject([root], { cwd: root }));
  return (from, specifier) => {
    const found = resolve(from, specifier);
    if (found.kind === "file") return found.path;
    return found.kind === "missing" ? "missing" : `package ${found.name}|${found.subpath}`;
  };
}

describe("relative specifiers", () => {
  const resolve = resolverOf({
    "src/a.ts": "",
    "src/b.tsx": "",
    "src/c.mts": "",
    "src/d.js": "",
    "src/d.ts": "",
    "src/e/index.ts": "",
    "src/e.config.ts": "",
    "src/f.d.ts": "",
    "src/f.js": "",
    "lib/index.js": "",
    "pkg/package.json": { main: "./entry.js" },
    "pkg/entry.ts": "",
  });

  test.each([
    ["./a", "src/a.ts"],
    ["./a.js", "src/a.ts"],
    ["./a.ts", "src/a.ts"],
    ["./b.jsx", "src/b.tsx"],
    ["./b.js", "src/b.tsx"],
    ["./c.mjs", "src/c.mts"],
    ["./d.js", "src/d.ts"],
    ["./e", "src/e/index.ts"],
    ["./e/", "src/e/index.ts"],
    ["./e.config", "src/e.config.ts"],
    ["./f.js", "src/f.js"],
    ["./a?raw", "src/a.ts"],
    ["../lib", "lib/index.js"],
    ["../lib/dist/x", "missing"],
    ["../pkg", "pkg/entry.ts"],
    ["../../outside", "missing"],
    ["./gone", "missing"],
    ["./style.css", "missing"],
  ])("%s → %s", (specifier, expected) => expect(resolve("src/x.ts", specifier)).toBe(expected));

  test("the own folder and the one above", () => {
    expect(resolve("src/e/x.ts", ".")).toBe("src/e/index.ts");
    expect(resolve("lib/deep/x.ts", "..")).toBe("lib/index.js");
  });
});

describe("tsconfig", () => {
  test("comments, trailing commas and text that looks like a comment", () => {
    const resolve = resolverOf({
      "tsconfig.json": `\ufeff{
        // paths of the app
        "compilerOptions": { "paths": { "@app/*": ["./src/*"], /* old */ "url": ["./src/http://x"], }, },
      }`,
      "src/a.ts": "",
    });
    expect(resolve("src/x.ts", "@app/a")).toBe("src/a.ts");
    expect(resolve("src/x.ts", "@app/gone")).toBe("missing");
  });

  test("inherited paths are relative to the config that declares them, or to the base URL", () => {
    const resolve = resolverOf({
      "config/tsconfig.shared.json": { compilerOptions: { paths: { "shared/*": ["../shared/*"] } } },
      "tsconfig.base.json": { compilerOptions: { baseUrl: ".", paths: { "@lib/*": ["libs/*/src"] } } },
      "apps/a/tsconfig.json": { extends: "../../config/tsconfig.shared" },
      "apps/b/tsconfig.json": { extends: ["../../tsconfig.base.json"], compilerOptions: { baseUrl: "./src" } },
      "apps/b/src/models/user.ts": "",
      "shared/x.ts": "",
      "libs/auth/src/index.ts": "",
      "apps/c/x.ts": "",
    });
    expect(resolve("apps/a/x.ts", "shared/x")).toBe("shared/x.ts");
    expect(resolve("apps/b/x.ts", "models/user")).toBe("apps/b/src/models/user.ts");
    expect(resolve("apps/c/x.ts", "@lib/auth")).toBe("libs/auth/src/index.ts");
  });

  test("a missing or circular extends changes nothing", () => {
    const resolve = resolverOf({
      "tsconfig.json": {
        extends: ["./.gone/tsconfig.json", "@tsconfig/node20", "./tsconfig.loop.json"],
        compilerOptions: { paths: { "~/*": ["./app/*"] } },
      },
      "tsconfig.loop.json": { extends: "./tsconfig.json" },
      "app/a.ts": "",
    });
    expect(resolve("app/x.ts", "~/a")).toBe("app/a.ts");
  });

  test("a config in a workspace package, and the template for the config's folder", () => {
    const template = ["$", "{configDir}/src/*"].join("");
    const resolve = resolverOf({
      "tooling/package.json": { name: "@repo/tsconfig" },
      "tooling/next.json": { compilerOptions: { paths: { "#app/*": [template] } } },
      "web/tsconfig.json": { extends: "@repo/tsconfig/next.json" },
      "web/src/a.ts": "",
    });
    expect(resolve("web/src/x.ts", "#app/a")).toBe("web/src/a.ts");
  });

  test("paths in a referenced config beside an empty one, the nearest first, then outwards", () => {
    const resolve = resolverOf({
      "tsconfig.json": { compilerOptions: { paths: { "@/*": ["./outer/*"] } } },
      "web/tsconfig.json": { files: [], references: [{ path: "./tsconfig.app.json" }] },
      "web/tsconfig.app.json": { compilerOptions: { paths: { "@/*": ["./src/*"], "@/special": ["./src/s.ts"] } } },
      "web/src/a.ts": "",
      "web/src/s.ts": "",
      "outer/only.ts": "",
    });
    expect(resolve("web/src/x.ts", "@/a")).toBe("web/src/a.ts");
    expect(resolve("web/src/x.ts", "@/special")).toBe("web/src/s.ts");
    expect(resolve("web/src/x.ts", "@/only")).toBe("outer/only.ts");
  });

  test("a syntax error is a problem, not a crash, and conventions still help", () => {
    const root = folderWith({ "package.json": "{ oops", "tsconfig.json": '{ "compilerOptions": ', "src/a.ts": "" });
    const project = readProject([root], { cwd: root });
    expect(project.problems.map((problem) => problem.path)).toEqual(["package.json", "tsconfig.json"]);
    const found = createModuleResolver(project)("src/x.ts", "@/a");
    expect(found).toEqual({ kind: "file", path: "src/a.ts" });
  });
});

describe("packages", () => {
  const resolve = resolverOf({
    "packages/db/package.json": {
      name: "@acme/db",
      exports: {
        ".": { types: "./dist/index.d.ts", default: "./dist/index.js" },
        "./client": [{ import: "./dist/esm/client.mjs" }],
        "./models/*": "./dist/models/*.js",
        "./hidden": null,
      },
      imports: { "#env": { default: "./dist/env.js" }, "#util/*": "./src/util/*.ts" },
    },
    "packages/db/src/index.ts": "",
    "packages/db/src/client.ts": "",
    "packages/db/src/models/user.ts": "",
    "packages/db/src/deep/x.ts": "",
    "packages/db/src/env.ts": "",
    "packages/db/src/util/text.ts": "",
    "packages/ui/package.json": { name: "ui" },
    "packages/ui/index.tsx": "",
    "packages/ui/button/index.tsx": "",
    "examples/ui/package.json": { name: "ui" },
    "examples/ui/index.ts": "",
    "app/package.json": { name: "app", dependencies: { express: "4" } },
  });

  test.each([
    ["@acme/db", "packages/db/src/index.ts"],
    ["@acme/db/client", "packages/db/src/client.ts"],
    ["@acme/db/models/user", "packages/db/src/models/user.ts"],
    ["@acme/db/deep/x", "packages/db/src/deep/x.ts"],
    ["@acme/db/gone", "missing"],
    ["ui/button", "packages/ui/button/index.tsx"],
    ["express", "package express|"],
    ["@nestjs/common/pipes", "package @nestjs/common|pipes"],
    ["next/server", "package next|server"],
    ["fs", "package node:fs|"],
    ["node:fs/promises", "package node:fs|promises"],
    ["npm:zod@3", "package zod|"],
    ["virtual:pages", "missing"],
    ["#unknown", "missing"],
    ["", "missing"],
  ])("%s → %s", (specifier, expected) => expect(resolve("packages/app/x.ts", specifier)).toBe(expected));

  test("imports of the own package", () => {
    expect(resolve("packages/db/src/x.ts", "#env")).toBe("packages/db/src/env.ts");
    expect(resolve("packages/db/src/x.ts", "#util/text")).toBe("packages/db/src/util/text.ts");
  });

  test("of two packages with one name the nearer", () => {
    expect(resolve("examples/x.ts", "ui")).toBe("examples/ui/index.ts");
  });

  test("dependencies of all kinds", () => {
    const root = folderWith({ "package.json": { name: "x", dependencies: { a: "1" }, peerDependencies: { b: "2" } } });
    const [only] = readProject([join(root)], { cwd: root }).packages;
    expect(only?.dependencies).toEqual({ a: "1", b: "2" });
  });
});

describe("a package that lists its own name among its dependencies", () => {
  const sources = { "packages/api/package.json": { name: "api" }, "packages/api/src/main.ts": "" };
  const named = (range: string) => ({
    "packages/shared/package.json": { name: "shared", dependencies: { shared: range } },
    "packages/shared/src/validators.ts": "",
  });

  test("means itself where the range links to the workspace", () => {
    const resolve = resolverOf({ ...sources, ...named("workspace:*") });
    expect(resolve("packages/api/src/main.ts", "shared/validators")).toBe("packages/shared/src/validators.ts");
  });

  test("means the published namesake where the range is a version", () => {
    const resolve = resolverOf({ ...sources, ...named("^2.0.0") });
    expect(resolve("packages/api/src/main.ts", "shared/validators")).toBe("package shared|validators");
  });
});

describe("a folder that a manifest calls by a name of its own", () => {
  const resolve = resolverOf({
    "app/package.json": {
      name: "@acme/app",
      dependencies: { shared: "file:../common", away: "file:../../away", express: "^4" },
    },
    "app/api/manual.ts": "",
    "common/package.json": { name: "@acme/common" },
    "common/server/router.ts": "",
    "express/package.json": { name: "express" },
  });

  test("is found by that name, and nothing above the root is", () => {
    expect(resolve("app/api", "shared/server/router")).toBe("common/server/router.ts");
    expect(resolve("app/api", "away/router")).toBe("package away|router");
    expect(resolve("common/server", "shared/server/router")).toBe("package shared|server/router");
  });
});
