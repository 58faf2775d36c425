import { describe, expect, test } from "vitest";
import { Dependents, type SourceFile } from "../../src/program/linking/dependents.js";
import type { ModuleResolver } from "../../src/program/linking/program.js";
import { loweredFrom } from "../support/program-from.js";

const SOURCES = {
  "app.ts": `import { routes } from "./routes.js"; export const app = routes();`,
  "db.ts": `export const db = {};`,
  "jobs.ts": `import { db } from "./db.js"; export const jobs = () => db;`,
  "routes.ts": `import { service } from "./service.js"; export const routes = () => service();`,
  "service.ts": `import { db } from "./db.js"; export const service = () => db;`,
  "store.ts": `export abstract class Store { abstract get(id: string): unknown; }`,
  "user.ts": `import type { Store } from "./store.js"; export const load = (store: Store) => store.get("1");`,
  "memory.ts": `import { Store } from "./store.js"; import { db } from "./db.js"; export class Memory extends Store { get() { return db; } }`,
};

const resolve: ModuleResolver = (_from, specifier) =>
  specifier.startsWith("./")
    ? { kind: "file", path: specifier.slice(2).replace(/\.js$/, ".ts") }
    : { kind: "missing", specifier };

function known(): { readonly dependents: Dependents; readonly files: readonly SourceFile[] } {
  const dependents = new Dependents(resolve);
  const files = loweredFrom(SOURCES);
  dependents.changedBy(files);
  return { dependents, files };
}

function edited(files: readonly SourceFile[], path: string, text: string): readonly SourceFile[] {
  const [file] = loweredFrom({ [path]: text });
  return files.map((one) => (one.path === path && file !== undefined ? file : one));
}

describe("what an edit concerns", () => {
  test("the file and all that import it, over any number of steps, and nothing beside", () => {
    const { dependents, files } = known();
    const now = edited(files, "service.ts", `${SOURCES["service.ts"]} export const more = 1;`);
    expect([...(dependents.changedBy(now) ?? [])].sort()).toEqual(["app.ts", "routes.ts", "service.ts"]);
    expect(dependents.changedBy(now)).toEqual(new Set());
  });

  test("who knows a base class that a class of the file stands behind", () => {
    const { dependents, files } = known();
    const now = edited(files, "memory.ts", SOURCES["memory.ts"].replace("return db", "return null"));
    expect([...(dependents.changedBy(now) ?? [])].sort()).toEqual(["memory.ts", "store.ts", "user.ts"]);
  });

  test("what is imported anew counts from the next edit on", () => {
    const { dependents, files } = known();
    const importing = edited(files, "jobs.ts", `import { service } from "./service.js"; export const jobs = service;`);
    dependents.changedBy(importing);
    const now = edited(importing, "service.ts", "export const service = () => null;");
    expect(dependents.changedBy(now)?.has("jobs.ts")).toBe(true);
  });

  test("all files, where frameworks carry what is said to whoever imports nothing, and where files come or go", () => {
    const { dependents, files } = known();
    const providing = edited(files, "jobs.ts", `export const module = { provide: "JOBS", useValue: 1 };`);
    expect(dependents.changedBy(providing)).toBeNull();
    expect(dependents.changedBy(providing.slice(1))).toBeNull();
  });
});
