/**
 * From an import specifier to a listed file, a package, or nothing. Works over the set of listed files alone, so that
 * the answer does not depend on what is installed or built.
 */
import { builtFromSource } from "../../base/built.js";
import { ancestors, isWithin, joinPath, parentOf } from "../../base/path.js";
import type { AliasScope, Project, ResolvedModule, WorkspacePackage } from "../../model/project.js";

export type ModuleResolver = (fromFile: string, specifier: string) => ResolvedModule;

/**
 * Makes the resolver; answers are kept per folder and specifier. A package's `subpath` has no leading slash and is ''
 * for the package itself; builtins are always named with `node:`.
 */
export function createModuleResolver(project: Pick<Project, "files" | "aliases" | "packages">): ModuleResolver {
  const resolver = new Resolver(project);
  const memo = new Map<string, Map<string, ResolvedModule>>();
  return (fromFile, specifier) => {
    const folder = parentOf(fromFile);
    const answers = memo.get(folder) ?? new Map<string, ResolvedModule>();
    const known = answers.get(specifier);
    if (known !== undefined) return known;
    const found = resolver.resolve(folder, specifier);
    memo.set(folder, answers.set(specifier, found));
    return found;
  };
}

const BUILTINS = new Set(
  (
    "assert async_hooks buffer child_process cluster console constants crypto dgram diagnostics_channel dns domain " +
    "events fs http http2 https inspector module net os path perf_hooks process punycode querystring readline repl " +
    "stream string_decoder timers tls tty url util v8 vm wasi worker_threads zlib"
  ).split(" "),
);

/** What each extension in a specifier can stand for, best first: the source before what is built from it. */
const STANDS_FOR: readonly (readonly [string, readonly string[]])[] = [
  [".js", [".ts", ".tsx", ".js", ".jsx", ".d.ts"]],
  [".jsx", [".tsx", ".jsx", ".ts", ".d.ts"]],
  [".mjs", [".mts", ".mjs", ".ts", ".d.mts"]],
  [".cjs", [".cts", ".cjs", ".ts", ".d.cts"]],
];
const EXTENSIONS = [".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs", ".d.ts", ".d.mts", ".d.cts"];

/** Prefixes that projects use for their own sources by convention, and where these lie below the package. */
const CONVENTIONS: readonly (readonly [string, readonly string[]])[] = [
  ["@/", ["src/", "app/", ""]],
  ["~/", ["src/", "app/", ""]],
  ["@@/", [""]],
  ["~~/", [""]],
  ["$lib/", ["src/lib/"]],
  ["src/", ["src/"]],
];

/** Where the layers of a Lambda function lie when it runs. */
const LAYERS = "/opt/";

function sharedParts(path: string, folder: string): number {
  const parts = folder.split("/");
  const other = path.split("/");
  let count = 0;
  while (count < parts.length && parts[count] === other[count]) count += 1;
  return count;
}

class Resolver {
  private readonly files: ReadonlySet<string>;
  private readonly aliases: ReadonlyMap<string, AliasScope>;
  /** folder → the scopes from there outwards */
  private readonly chains = new Map<string, readonly AliasScope[]>();
  /** files of folders of layers, listed when first asked for */
  private layered: readonly string[] | null = null;
  private readonly byName = new Map<string, WorkspacePackage[]>();
  private readonly byFolder: ReadonlyMap<string, WorkspacePackage>;

  constructor(project: Pick<Project, "files" | "aliases" | "packages">) {
    this.files = new Set(project.files.map((file) => file.path));
    this.aliases = new Map(project.aliases.map((scope) => [scope.folder, scope]));
    this.byFolder = new Map(project.packages.map((entry) => [entry.folder, entry]));
    for (const entry of project.packages) {
      if (entry.name === "") continue;
      const same = this.byName.get(entry.name);
      if (same === undefined) this.byName.set(entry.name, [entry]);
      else same.push(entry);
    }
  }

  resolve(folder: string, written: string): ResolvedModule {
    const query = written.search(/[?!]/);
    const specifier = query > 0 ? written.slice(0, query) : written;
    const missing: ResolvedModule = { kind: "missing", specifier: written };
    if (specifier === "") return missing;
    if (specifier.startsWith(".")) return asFile(this.relative(folder, specifier)) ?? missing;
    if (specifier.startsWith(LAYERS)) return asFile(this.inLayer(folder, specifier.slice(LAYERS.length))) ?? missing;
    if (specifier.startsWith("/")) return asFile(this.fromPackages(folder, specifier.slice(1), [""])) ?? missing;
    if (/^[a-z]+:/.test(specifier)) return schemed(specifier) ?? missing;
    const scopes = this.scopes(folder);
    const aliased = this.aliased(scopes, specifier);
    // `paths: { "config": ["./types/config.d.ts"] }` only says how what is installed is typed
    const describes = aliased.path?.match(/\.d\.[cm]?ts$/) && this.isDependency(folder, splitPackage(specifier).name);
    if (aliased.path !== null && !describes) return asFile(aliased.path) ?? missing;
    const builtin = builtinOf(specifier);
    if (builtin !== null) return builtin;
    const based = this.based(scopes, specifier) ?? this.conventional(folder, specifier);
    if (based !== null) return asFile(based) ?? missing;
    const { name, subpath } = splitPackage(specifier);
    const workspace = this.workspace(folder, name);
    if (workspace !== null) return asFile(this.inPackage(workspace, subpath)) ?? missing;
    if (isVirtual(specifier)) return { kind: "package", name, subpath };
    if (looksLocal(specifier) || (aliased.claimed && !this.isDependency(folder, name))) return missing;
    return { kind: "package", name, subpath };
  }

  /** `/opt/base` of a Lambda function: what a folder of layers has under that name, the nearest first. */
  private inLayer(folder: string, specifier: string): string | null {
    const name = specifier.replace(/^nodejs\//, "").replace(/\.[cm]?js$/, "");
    this.layered ??= [...this.files].filter((path) => /(?:^|\/)[^/]*layers?\//i.test(path));
    const found = this.layered.filter((path) => {
      const extension = EXTENSIONS.find((one) => path.endsWith(one));
      const stem = extension === undefined ? path : path.slice(0, -extension.length);
      return stem.endsWith(`/${name}`) || stem.endsWith(`/${name}/index`);
    });
    return found.toSorted((a, b) => sharedParts(b, folder) - sharedParts(a, folder))[0] ?? null;
  }

  private scopes(folder: string): readonly AliasScope[] {
    const known = this.chains.get(folder);
    if (known !== undefined) return known;
    const own = this.aliases.get(folder);
    const outer = folder === "" ? [] : this.scopes(parentOf(folder));
    const chain = own === undefined ? outer : [own, ...outer];
    this.chains.set(folder, chain);
    return chain;
  }

  private relative(folder: string, specifier: string): string | null {
    const path = joinPath(folder, specifier);
    if (path === null) return null;
    return this.probe(path, /(?:^|\/)\.{0,2}\/?$/.test(specifier)) ?? this.unbuilt(path);
  }

  /** `x/dist/y` that is not there: what `x/src/y` or `x/y` says. */
  private unbuilt(path: string): string | null {
    const output = /(?:^|\/)(?:dist|build|out)\//.exec(path);
    if (output === null) return null;
    const home = path.slice(0, output.index);
    for (const candidate of builtFromSource(path.slice(home === "" ? 0 : home.length + 1))) {
      const found = this.probe(home === "" ? candidate : `${home}/${candidate}`);
      if (found !== null) return found;
    }
    return null;
  }

  /** The listed file that a path without certainty about its extension stands for. */
  private probe(path: string, folderOnly = false): string | null {
    const file = folderOnly || path === "" ? null : this.probeFile(path);
    if (file !== null) return file;
    const inner = path === "" ? "index" : `${path}/index`;
    for (const extension of EXTENSIONS) if (this.files.has(inner + extension)) return inner + extension;
    const entry = this.byFolder.get(path);
    return entry === undefined ? null : (entry.exports.find(({ subpath }) => subpath === ".")?.targets[0] ?? null);
  }

  private probeFile(path: string): string | null {
    for (const [written, real] of STANDS_FOR) {
      if (!path.endsWith(written)) continue;
      const stem = path.slice(0, -written.length);
      const found = real.find((extension) => this.files.has(stem + extension));
      if (found !== undefined) return stem + found;
    }
    if (this.files.has(path)) return path;
    const extension = EXTENSIONS.find((candidate) => this.files.has(path + candidate));
    return extension === undefined ? null : path + extension;
  }

  /** Nearest scope first. `claimed`: some pattern with a text of its own matched, so the name is not a package's. */
  private aliased(scopes: readonly AliasScope[], specifier: string): { path: string | null; claimed: boolean } {
    let claimed = false;
    for (const scope of scopes) {
      for (const { pattern, targets, star } of matches(scope.paths, specifier)) {
        for (const target of targets) {
          const path = this.probe(target.replace("*", () => star));
          if (path !== null) return { path, claimed: true };
        }
        if (pattern !== "*" && !targets.some((target) => target.includes("node_modules"))) claimed = true;
      }
    }
    return { path: null, claimed };
  }

  private based(scopes: readonly AliasScope[], specifier: string): string | null {
    for (const { baseUrl } of scopes) {
      const path = baseUrl === null ? null : joinPath(baseUrl, specifier);
      const found = path === null ? null : this.probe(path);
      if (found !== null) return found;
    }
    return null;
  }

  private conventional(folder: string, specifier: string): string | null {
    for (const [prefix, homes] of CONVENTIONS) {
      if (!specifier.startsWith(prefix)) continue;
      const found = this.fromPackages(folder, specifier.slice(prefix.length), homes);
      if (found !== null) return found;
    }
    return specifier === "$lib" ? this.fromPackages(folder, "src/lib", [""]) : null;
  }

  /** Tries a path below the nearest package's folder, then below the packages around it, then below the root. */
  private fromPackages(folder: string, rest: string, homes: readonly string[]): string | null {
    for (const home of ancestors(folder)) {
      if (home !== "" && !this.byFolder.has(home)) continue;
      for (const inner of homes) {
        const path = joinPath(home, inner + rest);
        const found = path === null ? null : this.probe(path);
        if (found !== null) return found;
      }
    }
    return null;
  }

  /** The package of that name in the repository; of several (examples, copies) the one nearest to the importer. */
  private workspace(folder: string, name: string): WorkspacePackage | null {
    const linked = this.linked(folder, name);
    if (linked !== null) return linked;
    const same = this.byName.get(name)?.filter((entry) => !isNamesake(entry, name)) ?? [];
    if (same.length === 1) return same[0] ?? null;
    for (const outer of ancestors(folder)) {
      const near = same.find((entry) => isWithin(entry.folder, outer));
      if (near !== undefined) return near;
    }
    return null;
  }

  /** `"common": "file:../common"`: the folder that a manifest calls by a name of its own. */
  private linked(folder: string, name: string): WorkspacePackage | null {
    for (const outer of ancestors(folder)) {
      const version = this.byFolder.get(outer)?.dependencies[name];
      const path = version === undefined ? undefined : /^(?:file|link|portal):(.+)$/.exec(version)?.[1];
      const target = path === undefined ? null : joinPath(outer, path);
      if (version !== undefined) return target === null ? null : (this.byFolder.get(target) ?? null);
    }
    return null;
  }

  private inPackage(entry: WorkspacePackage, subpath: string): string | null {
    const wanted = subpath === "" ? "." : `./${subpath}`;
    const exported = entry.exports.map(({ subpath: pattern, targets }) => ({ pattern, targets }));
    for (const { targets, star } of matches(exported, wanted)) {
      for (const target of targets) {
        const path = this.probe(target.replaceAll("*", () => star));
        if (path !== null) return path;
      }
    }
    for (const written of subpath === "" ? [""] : builtFromSource(subpath)) {
      for (const inner of ["src/", "", "lib/"]) {
        const path = joinPath(entry.folder, inner + written);
        const found = path === null ? null : this.probe(path, written === "");
        if (found !== null) return found;
      }
    }
    return null;
  }

  private isDependency(folder: string, name: string): boolean {
    return ancestors(folder).some((outer) => Object.hasOwn(this.byFolder.get(outer)?.dependencies ?? {}, name));
  }
}

/** A service named like a published package that it depends on: the name means the package, unless it links to itself. */
function isNamesake(entry: WorkspacePackage, name: string): boolean {
  const version = entry.dependencies[name];
  return version !== undefined && !/^(?:workspace|file|link|portal):/.test(version);
}

interface Match {
  readonly pattern: string;
  readonly targets: readonly string[];
  /** what the `*` stood for */
  readonly star: string;
}

/** Patterns that match, the exact one first, then the longer text before the `*`. */
function matches(patterns: readonly { pattern: string; targets: readonly string[] }[], specifier: string): Match[] {
  const found: Match[] = [];
  for (const { pattern, targets } of patterns) {
    const at = pattern.indexOf("*");
    if (at < 0) {
      if (pattern === specifier) return [{ pattern, targets, star: "" }];
      continue;
    }
    const tail = pattern.slice(at + 1);
    if (specifier.length < pattern.length - 1 || !specifier.endsWith(tail)) continue;
    if (specifier.startsWith(pattern.slice(0, at))) {
      found.push({ pattern, targets, star: specifier.slice(at, specifier.length - tail.length) });
    }
  }
  return found.sort((a, b) => b.pattern.indexOf("*") - a.pattern.indexOf("*"));
}

function asFile(path: string | null): ResolvedModule | null {
  return path === null ? null : { kind: "file", path };
}

/** `node:fs`, `bun:sqlite`, `npm:x@1`, `jsr:@a/b`, `https://…`, `virtual:…` */
function schemed(specifier: string): ResolvedModule | null {
  const colon = specifier.indexOf(":");
  const scheme = specifier.slice(0, colon);
  if (scheme === "virtual") return null;
  const { name, subpath } = splitPackage(specifier.slice(colon + 1).replace(/^\/+/, ""));
  if (scheme !== "npm" && scheme !== "jsr") return { kind: "package", name: `${scheme}:${name}`, subpath };
  return { kind: "package", name: name.replace(/(?<=.)@.*$/, ""), subpath };
}

function builtinOf(specifier: string): ResolvedModule | null {
  const { name, subpath } = splitPackage(specifier);
  return BUILTINS.has(name) ? { kind: "package", name: `node:${name}`, subpath } : null;
}

/** `@scope/name/a/b` → `@scope/name` and `a/b`. */
function splitPackage(specifier: string): { name: string; subpath: string } {
  const parts = specifier.split("/");
  const length = specifier.startsWith("@") ? 2 : 1;
  return { name: parts.slice(0, length).join("/"), subpath: parts.slice(length).join("/") };
}

/** Modules that frameworks make up while building. */
function isVirtual(specifier: string): boolean {
  return /^(?:\$app|\$env|#imports|#app|#nitro|~encore)(?:\/|$)/.test(specifier);
}

/** No package can be called so: it is an alias that is not known, or what it named is gone. */
function looksLocal(specifier: string): boolean {
  return /^(?:@\/|@@\/|[~#$]|src\/)/.test(specifier);
}
