/** Walks the project once and sorts what it meets into sources, schemas and descriptions of the project itself. */
import { type Dirent, readdirSync, statSync } from "node:fs";
import { ancestors, byText } from "../base/path.js";
import type { FileRole, ProjectFile, ProjectProblem } from "../model/project.js";
import { readGitignore } from "./gitignore.js";
import { dialectOf, folderRole, roleByName, startsUrls } from "./roles.js";

export interface ListingOptions {
  readonly maxFileBytes: number;
  readonly includeTests: boolean;
  /** takes back the exclusion of a file by its role */
  readonly included: (path: string) => boolean;
  /** folders that the include patterns name, entered although they would be skipped */
  readonly includedFolders: readonly string[];
  readonly excluded: (path: string) => boolean;
  readonly progress: (files: number) => void;
}

export interface Listing {
  readonly files: ProjectFile[];
  readonly schemaFiles: string[];
  /** `package.json`, `tsconfig*.json`, `jsconfig.json` */
  readonly manifests: string[];
  readonly configs: string[];
  readonly excluded: Record<string, number>;
  readonly problems: ProjectProblem[];
}

interface Folder {
  readonly path: string;
  readonly name: string;
  readonly role: FileRole;
  readonly inScope: boolean;
  readonly spellsUrls: boolean;
}

/** Build output when it stands beside a `package.json` or at the root; deeper down these are ordinary words. */
const OUTPUT_FOLDERS = new Set(["dist", "build", "out", "coverage", "vendor", "storybook-static", "tmp"]);
/** Hidden folders that hold sources: Remix modules and well-known URLs. */
const HIDDEN_SOURCES = new Set([".server", ".client", ".well-known"]);
const CONFIG_NAME = /^(?:tsconfig(?:[.-][\w.-]+)?|jsconfig)\.json$/;
const MAX_SCHEMA_BYTES = 1_000_000;
const SCHEMA_NAME =
  /\.(?:prisma|sql|graphqls?|gql|cedar|rego)$|^(?:[\w.-]*[_.-])?(?:polic(?:y|ies)|rbac|casbin)[\w.-]*\.csv$/;
/** files of the Serverless Framework and templates of AWS SAM */
const DEPLOYMENT_NAME = /^(?:serverless(?:[.-][\w-]+)?|(?:sam-?)?template|sam)\.ya?ml$/;
const PROGRESS_STEP = 500;

/** Lists the whole project below `root`; `scope` are the given paths from the root. Follows no symbolic link. */
export function listProject(root: string, scope: readonly string[], options: ListingOptions): Listing {
  return new Walk(root, scope, options).run();
}

class Walk {
  private readonly listing: Listing = {
    files: [],
    schemaFiles: [],
    manifests: [],
    configs: [],
    excluded: {},
    problems: [],
  };
  private readonly scope: ReadonlySet<string>;
  /** folders that lead to something asked for: entered whatever their name, and their name gives no role */
  private readonly guides: ReadonlySet<string>;
  private readonly wanted: ReadonlySet<string>;
  private readonly ignored;

  constructor(
    private readonly root: string,
    scope: readonly string[],
    private readonly options: ListingOptions,
  ) {
    this.scope = new Set(scope);
    this.guides = new Set(scope.flatMap(ancestors));
    this.wanted = new Set(options.includedFolders.flatMap(ancestors));
    this.ignored = readGitignore(root);
  }

  run(): Listing {
    const open: Folder[] = [{ path: "", name: "", role: "source", inScope: this.scope.has(""), spellsUrls: false }];
    for (let folder = open.pop(); folder !== undefined; folder = open.pop()) this.visit(folder, open);
    this.listing.files.sort((a, b) => byText(a.path, b.path));
    this.listing.schemaFiles.sort(byText);
    this.listing.manifests.sort(byText);
    this.listing.configs.sort(byText);
    return this.listing;
  }

  private visit(folder: Folder, open: Folder[]): void {
    let entries: Dirent[];
    try {
      entries = readdirSync(`${this.root}/${folder.path}`, { withFileTypes: true });
    } catch {
      this.count("unreadable-folder", folder.inScope);
      this.listing.problems.push({ path: folder.path, message: "the folder cannot be read" });
      return;
    }
    const prefix = folder.path === "" ? "" : `${folder.path}/`;
    let isPackage = folder.path === "";
    const children: string[] = [];
    for (const entry of entries) {
      const name = entry.name;
      if (entry.isFile()) {
        if (name === "package.json") isPackage = true;
        this.meetFile(folder, name, prefix + name);
      } else if (entry.isDirectory()) children.push(name);
      else if (entry.isSymbolicLink() && !name.startsWith(".")) this.count("symlink", folder.inScope);
    }
    for (const name of children) {
      const child = this.child(folder, name, prefix + name, isPackage);
      if (child !== null) open.push(child);
    }
  }

  private child(folder: Folder, name: string, path: string, isPackage: boolean): Folder | null {
    const guide = this.guides.has(path);
    if (!guide && !this.wanted.has(path) && this.skips(folder, name, path, isPackage)) return null;
    const spellsUrls = folder.spellsUrls || startsUrls(name, folder.name);
    const role = guide ? "source" : folder.role === "source" ? folderRole(name, folder.spellsUrls) : folder.role;
    return { path, name, role, inScope: folder.inScope || this.scope.has(path), spellsUrls };
  }

  private skips(folder: Folder, name: string, path: string, isPackage: boolean): boolean {
    if (name === "node_modules" || name === "bower_components") return true;
    if (name.startsWith(".")) return !HIDDEN_SOURCES.has(name);
    const output = (isPackage && OUTPUT_FOLDERS.has(name)) || this.ignored(name, path);
    if (output) this.count("output-folder", folder.inScope);
    return output;
  }

  private meetFile(folder: Folder, name: string, path: string): void {
    if (name === "package.json") this.listing.manifests.push(path);
    else if (name.endsWith(".json")) {
      if (CONFIG_NAME.test(name)) this.listing.configs.push(path);
    } else if (SCHEMA_NAME.test(name) || DEPLOYMENT_NAME.test(name)) this.meetSchema(path, folder.inScope);
    else this.meetSource(folder, name, path);
  }

  private meetSchema(path: string, inScope: boolean): void {
    const size = statSync(`${this.root}/${path}`, { throwIfNoEntry: false })?.size ?? 0;
    if (size > MAX_SCHEMA_BYTES) this.count("too-large", inScope);
    else if (!this.options.excluded(path)) this.listing.schemaFiles.push(path);
  }

  private meetSource(folder: Folder, name: string, path: string): void {
    const dialect = dialectOf(name);
    if (dialect === null) return;
    const inScope = folder.inScope || this.scope.has(path);
    if (this.options.excluded(path)) {
      this.count("excluded", inScope);
      return;
    }
    const stats = statSync(`${this.root}/${path}`, { throwIfNoEntry: false });
    const size = stats?.size ?? 0;
    const byName = roleByName({
      name,
      size,
      folder: folder.role,
      folderName: folder.name,
      spellsUrls: folder.spellsUrls,
      maxBytes: this.options.maxFileBytes,
    });
    const role = stats === undefined ? "unreadable" : this.finalRole(byName, path);
    if (role !== "source") this.count(role, inScope);
    this.listing.files.push({ path, dialect, size, mtimeMs: stats?.mtimeMs ?? 0, role, inScope });
    if (this.listing.files.length % PROGRESS_STEP === 0) this.options.progress(this.listing.files.length);
  }

  /** A file given by its own name or by an include pattern is wanted, whatever it looks like. */
  private finalRole(role: FileRole, path: string): FileRole {
    if (role === "source") return role;
    if (role === "test" && this.options.includeTests) return "source";
    return this.scope.has(path) || this.options.included(path) ? "source" : role;
  }

  private count(reason: string, inScope: boolean): void {
    if (inScope) this.listing.excluded[reason] = (this.listing.excluded[reason] ?? 0) + 1;
  }
}
