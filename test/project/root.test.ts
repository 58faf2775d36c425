import { mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { UserError } from "../../src/base/user-error.js";
import type { Project } from "../../src/model/project.js";
import { readProject } from "../../src/project/project.js";
import { folderWith } from "./folder.js";

const at = (root: string, ...paths: string[]): Project => readProject(paths, { cwd: root });

function errorOf(run: () => unknown): UserError {
  try {
    run();
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error("no error was thrown");
}

describe("the root", () => {
  test.each([
    ["pnpm-workspace.yaml", ""],
    ["package.json", '{"workspaces":["packages/*"]}'],
    ["nx.json", "{}"],
    ["turbo.json", "{}"],
    ["tsconfig.base.json", "{}"],
    [".github/workflows/test.yml", ""],
    [".gitlab-ci.yml", ""],
  ])("is the topmost workspace marker: %s", (name, content) => {
    const root = folderWith({ [name]: content, "packages/a/package.json": {}, "packages/a/src/x.ts": "" });
    expect(at(root, "packages/a/src")).toMatchObject({ root, scope: ["packages/a/src"] });
  });

  test("is never above the git repository", () => {
    const root = folderWith({ "turbo.json": {}, "repo/package.json": {}, "repo/src/a.ts": "" });
    mkdirSync(join(root, "repo/.git"));
    expect(at(root, "repo/src").root).toBe(join(root, "repo"));
  });

  test("is the topmost package when nothing marks a workspace, else the given folder", () => {
    const root = folderWith({ "app/package.json": {}, "app/src/a/b/c/x.ts": "", "plain/y.ts": "" });
    expect(at(root, "app/src/a/b/c").root).toBe(join(root, "app"));
    expect(at(root, "plain").root).toBe(join(root, "plain"));
  });

  test("of several paths is above all of them", () => {
    const root = folderWith({ "a/x.ts": "", "b/y.ts": "", "c/z.ts": "" });
    const project = at(root, "a", "b/y.ts");
    expect(project).toMatchObject({ root, scope: ["a", "b/y.ts"] });
    expect(project.files.map((file) => [file.path, file.inScope])).toEqual([
      ["a/x.ts", true],
      ["b/y.ts", true],
      ["c/z.ts", false],
    ]);
  });

  test("can be forced", () => {
    const root = folderWith({ "package.json": { workspaces: [] }, "fixtures/shop/a.ts": "" });
    const project = readProject(["fixtures/shop"], { cwd: root, root: "fixtures/shop" });
    expect(project).toMatchObject({ root: join(root, "fixtures/shop"), scope: [""] });
  });
});

describe("paths that cannot be scanned", () => {
  test("a path that is not there names the one that is", () => {
    const root = folderWith({ "services/api/a.ts": "" });
    const error = errorOf(() => at(root, "service/api"));
    expect(error).toMatchObject({ where: "service/api", hint: 'did you mean "services"?' });
    expect(errorOf(() => at(root, "quite-other")).hint).toMatch(/check the spelling/);
  });

  test("a file that is no source", () => {
    const root = folderWith({ "README.md": "" });
    expect(errorOf(() => at(root, "README.md")).message).toMatch(/no TypeScript/);
  });

  test("a single test file that was asked for is scanned", () => {
    const root = folderWith({ "a.test.ts": "", "b.test.ts": "" });
    expect(at(root, "a.test.ts").files.map((file) => file.role)).toEqual(["source", "test"]);
  });

  test("a folder that holds everything", () => {
    const two = [folderWith({ "a.ts": "" }), folderWith({ "b.ts": "" })];
    expect(errorOf(() => at(tmpdir(), ...two)).hint).toMatch(/one by one/);
    expect(errorOf(() => at("/", "/")).message).toMatch(/holds everything/);
  });
});
