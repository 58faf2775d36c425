/** The scanned project as a list of files with their roles, and how its import specifiers resolve. */
import type { Dialect } from "./lowered.js";

/** Why a file is not analysed as server source. `source` is analysed. */
export type FileRole =
  | "source"
  | "test"
  | "story"
  | "seed"
  | "generated"
  | "declaration"
  | "minified"
  | "too-large"
  | "binary"
  | "unreadable";

export interface ProjectFile {
  /** from the root, POSIX separators */
  readonly path: string;
  readonly dialect: Dialect;
  readonly size: number;
  readonly mtimeMs: number;
  readonly role: FileRole;
  /** below one of the paths given on the command line: its findings are reported */
  readonly inScope: boolean;
}

/** `compilerOptions.paths` and `baseUrl` of one tsconfig, for the files below its folder; the nearest folder wins. */
export interface AliasScope {
  /** '' for the root */
  readonly folder: string;
  /** folder from the root; null when none is set */
  readonly baseUrl: string | null;
  /** pattern with at most one `*` → targets from the root, in order */
  readonly paths: readonly { readonly pattern: string; readonly targets: readonly string[] }[];
}

export interface WorkspacePackage {
  readonly name: string;
  readonly folder: string;
  /** `exports` flattened: subpath pattern (`.`, `./x`, `./*`) → candidate files from the root, best first */
  readonly exports: readonly { readonly subpath: string; readonly targets: readonly string[] }[];
  /** declared dependencies, dev and peer ones included: name → range */
  readonly dependencies: Readonly<Record<string, string>>;
}

export interface ProjectProblem {
  readonly path: string;
  readonly message: string;
}

export interface Project {
  /** absolute; used for reading only, never printed */
  readonly root: string;
  /** folders or files given, from the root; [''] for the root itself */
  readonly scope: readonly string[];
  /** sorted by path */
  readonly files: readonly ProjectFile[];
  readonly aliases: readonly AliasScope[];
  readonly packages: readonly WorkspacePackage[];
  /** read as data, anywhere in the repository: `schema.prisma`, `*.sql`, `*.graphql`, `serverless.yml`, SAM templates, policies of Casbin, Cedar and Rego (from the root, sorted) */
  readonly schemaFiles: readonly string[];
  /** reason → count of files left out */
  readonly excluded: Readonly<Record<string, number>>;
  readonly problems: readonly ProjectProblem[];
  /** path from the root → text that an editor holds and has not saved: it counts instead of the file's */
  readonly unsaved?: ReadonlyMap<string, string>;
}

export type ResolvedModule =
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "package"; readonly name: string; readonly subpath: string }
  /** looks local and is not there: deleted, generated, or an asset */
  | { readonly kind: "missing"; readonly specifier: string };
