/** `compilerOptions.paths` and `baseUrl` of every tsconfig, with what they inherit; `imports` of every package. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { asText, asTexts, isRecord, type JsonRecord, parseJsonc } from "../base/json.js";
import { byText, joinPath, nameOf, parentOf } from "../base/path.js";
import type { AliasScope, ProjectProblem, WorkspacePackage } from "../model/project.js";

type Paths = readonly { readonly pattern: string; readonly targets: readonly string[] }[];

/** What one config says once its `extends` are followed; folders are from the root. */
interface Options {
  readonly baseUrl: string | null;
  readonly paths: { readonly folder: string; readonly entries: JsonRecord } | null;
}

const NOTHING: Options = { baseUrl: null, paths: null };
const MAX_DEPTH = 16;
// biome-ignore lint/suspicious/noTemplateCurlyInString: the text as it stands in a tsconfig
const TEMPLATE = "${configDir}";

/**
 * One scope per folder that has aliases. A folder's `tsconfig.json` comes first, then its other configs for what it
 * leaves open (a `tsconfig.json` with only `references` has its paths in `tsconfig.app.json`), then the package's
 * `imports`.
 */
export function readAliases(
  root: string,
  configs: readonly string[],
  packages: readonly WorkspacePackage[],
  packageImports: ReadonlyMap<string, Paths>,
  problems: ProjectProblem[],
): AliasScope[] {
  const reader = new ConfigReader(root, packages, problems);
  const byFolder = new Map<string, Map<string, AliasScope>>();
  for (const path of configs) {
    const folder = parentOf(path);
    const group = byFolder.get(folder) ?? new Map<string, AliasScope>();
    byFolder.set(folder, group.set(nameOf(path), reader.scope(path)));
  }
  const scopes: AliasScope[] = [];
  for (const folder of new Set([...byFolder.keys(), ...packageImports.keys()])) {
    const group = [...(byFolder.get(folder) ?? [])].sort((a, b) => rank(a[0]) - rank(b[0]) || byText(a[0], b[0]));
    const merged = merge(
      folder,
      group.map(([, scope]) => scope),
      packageImports.get(folder) ?? [],
    );
    if (merged.baseUrl !== null || merged.paths.length > 0) scopes.push(merged);
  }
  return scopes.sort((a, b) => byText(a.folder, b.folder));
}

const ORDER = ["tsconfig.json", "jsconfig.json", "tsconfig.app.json", "tsconfig.lib.json"];

function rank(name: string): number {
  const at = ORDER.indexOf(name);
  if (at >= 0) return at;
  return name.includes("base") ? ORDER.length + 1 : ORDER.length;
}

function merge(folder: string, scopes: readonly AliasScope[], imports: Paths): AliasScope {
  const paths = new Map<string, readonly string[]>();
  for (const { pattern, targets } of [...scopes.flatMap((scope) => scope.paths), ...imports]) {
    if (!paths.has(pattern)) paths.set(pattern, targets);
  }
  const baseUrl = scopes.find((scope) => scope.baseUrl !== null)?.baseUrl ?? null;
  return { folder, baseUrl, paths: [...paths].map(([pattern, targets]) => ({ pattern, targets })) };
}

class ConfigReader {
  private readonly memo = new Map<string, Options>();
  private readonly packages: ReadonlyMap<string, string>;

  constructor(
    private readonly root: string,
    packages: readonly WorkspacePackage[],
    private readonly problems: ProjectProblem[],
  ) {
    this.packages = new Map(packages.filter((entry) => entry.name !== "").map((entry) => [entry.name, entry.folder]));
  }

  scope(path: string): AliasScope {
    const folder = parentOf(path);
    const options = this.options(path, 0);
    const baseUrl =
      options.baseUrl === null
        ? null
        : options.baseUrl.startsWith(TEMPLATE)
          ? within(folder, options.baseUrl, folder)
          : options.baseUrl;
    if (options.paths === null) return { folder, baseUrl, paths: [] };
    const from = baseUrl ?? options.paths.folder;
    const paths = Object.entries(options.paths.entries).map(([pattern, targets]) => ({
      pattern,
      targets: asTexts(targets).flatMap((target) => within(from, target, folder) ?? []),
    }));
    return { folder, baseUrl, paths };
  }

  private options(path: string, depth: number): Options {
    const known = this.memo.get(path);
    if (known !== undefined) return known;
    // set before descending: a config that extends itself ends here
    this.memo.set(path, NOTHING);
    const config = depth > MAX_DEPTH ? null : this.read(path);
    const options = config === null ? NOTHING : this.combine(config, path, depth);
    this.memo.set(path, options);
    return options;
  }

  /** Later `extends` win over earlier ones, the config itself over all. */
  private combine(config: JsonRecord, path: string, depth: number): Options {
    const folder = parentOf(path);
    let { baseUrl, paths } = NOTHING;
    for (const extended of asTexts(config.extends)) {
      const from = this.inherited(extended, folder, depth);
      baseUrl = from.baseUrl ?? baseUrl;
      paths = from.paths ?? paths;
    }
    const own = isRecord(config.compilerOptions) ? config.compilerOptions : {};
    const ownBase = asText(own.baseUrl);
    if (ownBase !== null) baseUrl = ownBase.startsWith(TEMPLATE) ? ownBase : joinPath(folder, ownBase);
    if (isRecord(own.paths)) paths = { folder, entries: own.paths };
    return { baseUrl, paths };
  }

  /** A config that is not there (generated, or in an installed package) changes nothing. */
  private inherited(extended: string, folder: string, depth: number): Options {
    for (const candidate of this.extendedFiles(extended, folder)) {
      if (this.memo.has(candidate) || this.exists(candidate)) return this.options(candidate, depth + 1);
    }
    return NOTHING;
  }

  private extendedFiles(extended: string, folder: string): string[] {
    const forms = (base: string | null): string[] =>
      base === null ? [] : [base, `${base}.json`, base === "" ? "tsconfig.json" : `${base}/tsconfig.json`];
    if (extended.startsWith(".")) return forms(joinPath(folder, extended));
    const parts = extended.split("/");
    const length = extended.startsWith("@") ? 2 : 1;
    const home = this.packages.get(parts.slice(0, length).join("/"));
    return home === undefined ? [] : forms(joinPath(home, parts.slice(length).join("/")));
  }

  private readonly texts = new Map<string, string | null>();

  private text(path: string): string | null {
    const known = this.texts.get(path);
    if (known !== undefined) return known;
    let text: string | null = null;
    try {
      text = readFileSync(join(this.root, path), "utf8");
    } catch {
      // a folder, or not there: the next candidate is tried
    }
    this.texts.set(path, text);
    return text;
  }

  private exists(path: string): boolean {
    return this.text(path) !== null;
  }

  private read(path: string): JsonRecord | null {
    const text = this.text(path);
    if (text === null) {
      this.problems.push({ path, message: "cannot be read" });
      return null;
    }
    try {
      const value = text.trim() === "" ? {} : parseJsonc(text);
      if (isRecord(value)) return value;
      this.problems.push({ path, message: "is no JSON object" });
    } catch (error) {
      const why = error instanceof Error ? error.message.split("\n")[0] : "";
      this.problems.push({ path, message: `is no valid JSON, its aliases are ignored: ${why}` });
    }
    return null;
  }
}

/** A target from the root; `${configDir}` stands for the folder of the config that was asked, not the inherited one. */
function within(from: string, target: string, configFolder: string): string | null {
  if (target.startsWith(TEMPLATE)) return joinPath(configFolder, target.slice(TEMPLATE.length));
  return joinPath(from, target);
}
