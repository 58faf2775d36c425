/** `@fastify/autoload`: the plugins of a folder, with prefixes spelled by its subfolders. */
import { nameOf } from "../../base/path.js";
import type { ProgramFile } from "../../program/linking/function-view.js";
import type { Origin } from "../../program/values/origin.js";
import { contentsOf, folderOf } from "../routing-tree/folders.js";
import { optionSpots } from "../routing-tree/options.js";
import type { Spot } from "../routing-tree/spot.js";
import type { Values } from "../routing-tree/values.js";
import { besidePlugin } from "./plugins.js";

/** A folder that is loaded: its own files, and the folders below it. */
export interface LoadedFolder {
  /** `/users`, with parameters as `:id`; '' for the folder itself */
  readonly prefix: string;
  readonly plugins: readonly LoadedFile[];
  /** hooks that run for this folder's plugins */
  readonly hooks: readonly Origin[];
}

export interface LoadedFile {
  readonly file: ProgramFile;
  readonly exported: Origin;
  /** prefix below the folder that the file gives itself, null when it gives none */
  readonly ownPrefix: string | null;
  /** takes the place of everything before it */
  readonly override: string | null;
}

interface Options {
  readonly routeParams: boolean;
  readonly cascadeHooks: boolean;
  readonly overwriteHooks: boolean;
  readonly autoHooks: boolean;
  readonly dirNameRoutePrefix: boolean;
}

const SCRIPT = /\.(?:[cm]?ts|[cm]?js)$/;
const INDEX = /^index(?:\.ts|\.js|\.cjs|\.mjs|\.cts|\.mts)$/i;
const HOOKS = /^[_.]?auto_?hooks(?:\.ts|\.js|\.cjs|\.mjs|\.cts|\.mts)$/i;
const MAX_FOLDERS = 2_000;

/** The folders that a registration loads; null when the folder could not be told. */
export function loadedFolders(options: Spot, values: Values): readonly LoadedFolder[] | null {
  const dir = optionSpots(options, "dir", values)
    .map((spot) => folderOf(spot, values))
    .find((one) => one !== null);
  if (dir === undefined || dir === null) return null;
  const flag = (name: string, absent: boolean): boolean => {
    const [spot] = optionSpots(options, name, values);
    return spot === undefined ? absent : (values.truth(spot) ?? absent);
  };
  const found: LoadedFolder[] = [];
  const read: Options = {
    routeParams: flag("routeParams", false),
    cascadeHooks: flag("cascadeHooks", false),
    overwriteHooks: flag("overwriteHooks", false),
    autoHooks: flag("autoHooks", false),
    dirNameRoutePrefix: flag("dirNameRoutePrefix", true),
  };
  visit(dir, "", [], read, values, found);
  return found;
}

function visit(
  folder: string,
  prefix: string,
  inherited: readonly Origin[],
  options: Options,
  values: Values,
  found: LoadedFolder[],
): void {
  if (found.length >= MAX_FOLDERS) return;
  const { files, folders } = contentsOf(folder, values);
  const own = options.autoHooks ? files.filter((f) => HOOKS.test(nameOf(f.path))).flatMap((f) => exportsOf(f)) : [];
  const kept = own.length > 0 && options.overwriteHooks ? [] : inherited;
  const hooks = [...(options.cascadeHooks ? kept : []), ...own];
  const scripts = files.filter((f) => SCRIPT.test(f.path) && !f.path.endsWith(".d.ts") && !HOOKS.test(nameOf(f.path)));
  const index = scripts.find((f) => INDEX.test(nameOf(f.path)));
  const loaded = (index === undefined ? scripts : [index]).flatMap((file) => [...loadedFile(file, values)]);
  found.push({ prefix, plugins: loaded, hooks });
  for (const name of folders) {
    const part = options.dirNameRoutePrefix ? `${prefix}/${spelled(name, options.routeParams)}` : prefix;
    visit(`${folder}/${name}`, part, hooks, options, values, found);
  }
}

/** `_id` is `:id`, `__a-__b` is `:a-:b`. */
function spelled(name: string, routeParams: boolean): string {
  if (!routeParams) return name;
  return name.startsWith("__") ? name.replaceAll("__", ":") : name.replace(/^_/, ":");
}

function loadedFile(file: ProgramFile, values: Values): readonly LoadedFile[] {
  return exportsOf(file).flatMap((exported) => {
    const [whole] = exported.kind === "namespace" ? values.queries.project(exported, ["default"]) : [exported];
    const beside = (name: string): readonly Origin[] =>
      [exported, ...(whole === undefined ? [] : [whole])].flatMap((o) => [...besidePlugin(o, name, values)]);
    if (beside("autoload").some((o) => o.kind === "constant" && o.value === false)) return [];
    const text = (name: string): string | null =>
      beside(name)
        .map((o) => values.textOf(o))
        .find((one) => one !== null) ?? null;
    const config = beside("autoConfig").flatMap((o) => [...values.queries.project(o, ["prefix"])]);
    const configured = config.map((o) => values.textOf(o)).find((one) => one !== null) ?? null;
    return [{ file, exported, ownPrefix: text("autoPrefix") ?? configured, override: text("prefixOverride") }];
  });
}

/** Files that are no plugins export no function: they are loaded all the same and add nothing. */
function exportsOf(file: ProgramFile): readonly Origin[] {
  return [{ kind: "namespace", file }];
}
