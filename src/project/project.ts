/** Reads what a project is made of, without opening a single source: files, aliases, packages, schemas. */
import { globBase, globTest } from "../base/glob.js";
import { byText } from "../base/path.js";
import type { Project } from "../model/project.js";
import { listProject } from "./listing.js";
import { readPackages } from "./packages.js";
import { MAX_FILE_BYTES } from "./roles.js";
import { locate } from "./root.js";
import { readAliases } from "./tsconfig.js";

export interface ReadProjectOptions {
  /** relative paths are taken from here */
  readonly cwd: string;
  /** the project's root, when the markers above the paths must not decide */
  readonly root?: string;
  /** globs from the root of files to analyse although their role (test, generated, …) leaves them out */
  readonly include?: readonly string[];
  /** globs from the root of files to leave out altogether */
  readonly exclude?: readonly string[];
  readonly includeTests?: boolean;
  readonly maxFileBytes?: number;
  /** called now and then with the number of files listed so far */
  readonly progress?: (files: number) => void;
}

/**
 * Finds the root above `paths`, lists everything below it and reads the manifests. Broken manifests become `problems`.
 * Throws a UserError for a path that is not there or no source.
 */
export function readProject(paths: readonly string[], options: ReadProjectOptions): Project {
  const { root, scope } = locate(paths, options.cwd, options.root);
  const include = options.include ?? [];
  const listing = listProject(root, scope, {
    maxFileBytes: options.maxFileBytes ?? MAX_FILE_BYTES,
    includeTests: options.includeTests ?? false,
    included: globTest(include),
    includedFolders: include.map(globBase).filter((folder) => folder !== ""),
    excluded: globTest(options.exclude ?? []),
    progress: options.progress ?? (() => {}),
  });
  const problems = [...listing.problems];
  const files = new Set(listing.files.map((file) => file.path));
  const { packages, imports } = readPackages(root, listing.manifests, files, problems);
  const aliases = readAliases(root, listing.configs, packages, imports, problems);
  return {
    root,
    scope,
    files: listing.files,
    aliases,
    packages,
    schemaFiles: listing.schemaFiles,
    excluded: listing.excluded,
    problems: problems.sort((a, b) => byText(a.path, b.path)),
  };
}
