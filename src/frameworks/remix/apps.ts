/** Where the applications of Remix and React Router's framework mode lie. */
import type { ProgramFile } from "../../program/linking/function-view.js";
import type { Program } from "../../program/linking/program.js";
import { dirOf } from "../file-routes/paths.js";

export interface RemixApp {
  /** the folder that holds `root` and `routes`, usually `app` */
  readonly folder: string;
  readonly root: ProgramFile | null;
  /** `routes.ts`, where routes are written out */
  readonly table: ProgramFile | null;
}

const DOCUMENT = /^(?:@remix-run\/(?:react|\w+)|react-router|react-router-dom)$/;
const TABLE =
  /^(?:@react-router\/(?:dev\/routes|fs-routes|remix-routes-option-adapter)|@remix-run\/(?:route-config|fs-routes|routes-option-adapter))$/;
const EXTENSION = /\.[cm]?[jt]sx?$/;

/** An application has a `root` that renders the document, or a table of routes. */
export function remixApps(program: Program): readonly RemixApp[] {
  const found = new Map<string, { root: ProgramFile | null; table: ProgramFile | null }>();
  const at = (folder: string): { root: ProgramFile | null; table: ProgramFile | null } => {
    const known = found.get(folder) ?? { root: null, table: null };
    found.set(folder, known);
    return known;
  };
  for (const file of program.files) {
    const folder = dirOf(file.path);
    const name = file.path.slice(folder === "" ? 0 : folder.length + 1).replace(EXTENSION, "");
    if (name === "root" && rendersDocument(file)) at(folder).root = file;
    if (name === "routes" && file.lowered.imports.some((item) => TABLE.test(item.module))) at(folder).table = file;
  }
  return [...found].map(([folder, own]) => ({ folder, ...own }));
}

/** Routers in the browser have a root too; only servers render `<Scripts />`. */
function rendersDocument(file: ProgramFile): boolean {
  return file.lowered.imports.some(
    (item) => DOCUMENT.test(item.module) && (item.name === "Scripts" || item.name === "LiveReload"),
  );
}

/** Path of a file without its extension, below a folder; null when it lies elsewhere. */
export function nameBelow(folder: string, path: string): string | null {
  const prefix = folder === "" ? "" : `${folder}/`;
  return path.startsWith(prefix) && EXTENSION.test(path) ? path.slice(prefix.length).replace(EXTENSION, "") : null;
}

const ROUTE_FILE = /(?:^|\/)_?(?:route|layout|page)$|\.route$/;

/**
 * Folders below `routes` are parts of the path, as in the first version: files in them have loaders or actions, and
 * none of the folders has the route file by which later versions know a route.
 */
export function looksNested(app: RemixApp, { files }: Program): boolean {
  const folder = app.folder === "" ? "routes" : `${app.folder}/routes`;
  let found = false;
  for (const file of files) {
    const below = nameBelow(folder, file.path);
    if (below === null || !below.includes("/")) continue;
    if (ROUTE_FILE.test(below) || below.includes("+/")) return false;
    found ||= file.lowered.exports.some(
      (item) => item.kind === "local" && (item.name === "loader" || item.name === "action"),
    );
  }
  return found;
}
