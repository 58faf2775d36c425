/** The route modules of an application, from its table or from the names of its files. */
import type { ProgramFile } from "../../program/linking/function-view.js";
import type { LinkQueries } from "../../program/values/origin.js";
import { nameBelow, type RemixApp } from "./apps.js";
import { type FlatName, isInside, readFlatName } from "./flat-files.js";
import { readTable, type TableRoute } from "./table.js";

interface NamedFile {
  readonly file: ProgramFile;
  readonly name: FlatName;
}

/** Every module that may have a loader or an action, the root among them. */
export function routesOf(app: RemixApp, queries: LinkQueries, nested: boolean): readonly TableRoute[] {
  const table = readTable(app, queries);
  const listed = new Set(table.routes.map((route) => route.file));
  const named = table.fromFiles ? fileRoutes(app, queries, nested).filter((route) => !listed.has(route.file)) : [];
  const routes = [...table.routes, ...named];
  if (app.root === null) return routes;
  const root = app.root;
  return [
    { file: root, path: "/", parents: [] },
    ...routes.map((route) => ({ ...route, parents: [root, ...route.parents] })),
  ];
}

function fileRoutes(app: RemixApp, { program }: LinkQueries, nested: boolean): readonly TableRoute[] {
  const folder = app.folder === "" ? "routes" : `${app.folder}/routes`;
  const files: NamedFile[] = [];
  for (const file of program.files) {
    const below = nameBelow(folder, file.path);
    const name = below === null || /\.server$/.test(below) ? null : readFlatName(below, nested);
    if (name !== null) files.push({ file, name });
  }
  const byFirst = new Map<string, NamedFile[]>();
  for (const one of files) {
    const key = one.name.segments[0] ?? "";
    byFirst.set(key, [...(byFirst.get(key) ?? []), one]);
  }
  return files.map(({ file, name }) => {
    const kin = [...(byFirst.get("") ?? []), ...(byFirst.get(name.segments[0] ?? "") ?? [])];
    const around = kin.filter((other) => other.file !== file && isInside(name, other.name));
    around.sort((a, b) => a.name.segments.length - b.name.segments.length);
    return { file, path: name.path, parents: around.map((other) => other.file) };
  });
}
