/** Finds and reads the manifest and everything it extends. The only place of this room that touches the disk. */
import { readFileSync, realpathSync, statSync } from "node:fs";
import path from "node:path";
import type { ManifestProblem, Policy } from "../model/policy.js";
import { defaultPolicy } from "./default-policy.js";
import type { ParsedManifest } from "./parse-manifest.js";

/** File names under which a manifest is found, in order. */
export const MANIFEST_NAMES = ["authgap.policy.yaml", "authgap.policy.yml", "authgap.policy.json"];
const MAX_BYTES = 1024 * 1024;
const MAX_DEPTH = 8;
/** A chain of 8 levels could name thousands of files. */
const MAX_FILES = 32;

export interface ReadPolicyOptions {
  /** absolute path of the repository's root */
  readonly root: string;
  /** the manifest to use instead of the one at the root; absolute, or relative to the root */
  readonly file?: string;
  /** reads the manifests from elsewhere, such as an earlier commit */
  readonly source?: ManifestSource;
}

/** Where manifests are read from instead of the disk. */
export interface ManifestSource {
  /** text of a file, given by absolute path; null when there is none */
  read(file: string): string | null;
}

export interface ReadPolicyResult {
  /** the default policy when there is no manifest, or when there are problems */
  readonly policy: Policy;
  readonly problems: readonly ManifestProblem[];
  /** absolute paths of the manifests that were read */
  readonly files: readonly string[];
}

/** `parse` and `build` come with zod and yaml, which are loaded only when a manifest exists. */
interface Tools {
  readonly parse: typeof import("./parse-manifest.js").parseManifest;
  readonly build: typeof import("./build-policy.js").buildPolicy;
}

/** Where a problem is told when it lies in the chain and not in the text: the line that names the file. */
interface Origin {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

class Trouble extends Error {
  constructor(
    message: string,
    readonly remedy: string,
  ) {
    super(message);
  }
}

function errorCode(error: unknown): string {
  if (typeof error !== "object" || error === null) return "";
  const code: unknown = Reflect.get(error, "code");
  return typeof code === "string" ? code : "";
}

/** The disk, or what stands for it. */
interface Shelf {
  text(file: string, shown: string): string;
  real(file: string): string;
  has(file: string): boolean;
}

const DISK: Shelf = { text: readText, real: (file) => realpathSync(file), has: isThere };

function shelfOf(source: ManifestSource): Shelf {
  return {
    text(file, shown) {
      const text = source.read(file);
      if (text === null) throw new Trouble(`'${shown}' does not exist.`, "Correct the path.");
      if (text.length > MAX_BYTES) throw new Trouble(`'${shown}' is larger than 1 MB.`, "Split it with 'extends'.");
      return text;
    },
    real: (file) => file,
    has: (file) => source.read(file) !== null,
  };
}

/** Reads a file within the limits. Throws `Trouble` in words for the person who wrote the manifest. */
function readText(file: string, shown: string): string {
  try {
    const stat = statSync(file);
    if (stat.isDirectory()) throw new Trouble(`'${shown}' is a folder, not a manifest.`, "Name a file.");
    if (!stat.isFile()) throw new Trouble(`'${shown}' is no regular file.`, "Name a file.");
    if (stat.size > MAX_BYTES) throw new Trouble(`'${shown}' is larger than 1 MB.`, "Split it with 'extends'.");
    return readFileSync(file, "utf8");
  } catch (error) {
    if (error instanceof Trouble) throw error;
    const code = errorCode(error);
    if (code === "ENOENT" || code === "ENOTDIR") throw new Trouble(`'${shown}' does not exist.`, "Correct the path.");
    throw new Trouble(`'${shown}' cannot be read (${code === "" ? "unknown error" : code}).`, "Check its permissions.");
  }
}

function isThere(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false }) !== undefined;
}

function isInside(root: string, file: string): boolean {
  const relative = path.relative(root, file);
  return relative !== "" && relative !== ".." && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative);
}

/** Reads one manifest after the other, each after what it extends. */
class ManifestReader {
  readonly problems: ManifestProblem[] = [];
  readonly files: string[] = [];

  constructor(
    readonly root: string,
    readonly tools: Tools,
    readonly shelf: Shelf,
  ) {}

  shown(file: string): string {
    return path.relative(this.root, file).split(path.sep).join("/");
  }

  report(error: unknown, origin: Origin): void {
    if (!(error instanceof Trouble)) throw error;
    this.problems.push({ ...origin, what: error.message, remedy: error.remedy });
  }

  /** The policy of `file` laid over `base`; `base` itself when the file cannot be used. */
  read(file: string, base: Policy, origin: Origin, chain: readonly string[]): Policy {
    let real: string;
    let text: string;
    try {
      text = this.shelf.text(file, this.shown(file));
      real = this.shelf.real(file);
      this.checkChain(real, file, chain);
    } catch (error) {
      this.report(error, origin);
      return base;
    }
    const result = this.tools.parse(text, this.shown(file));
    if (!result.ok) {
      this.problems.push(...result.problems);
      return base;
    }
    const parent = this.readExtended(result.parsed, file, base, [...chain, real]);
    return this.tools.build(parent, result.parsed);
  }

  checkChain(real: string, file: string, chain: readonly string[]): void {
    const shown = this.shown(file);
    // the first manifest was named by the person at the keyboard and may lie anywhere
    if (chain.length > 0 && !isInside(realpathSync(this.root), real))
      throw new Trouble(`'${shown}' leads out of the repository.`, "Extend files inside the repository only.");
    if (chain.includes(real)) throw new Trouble(`'${shown}' extends itself.`, "Break the circle.");
    if (chain.length > MAX_DEPTH)
      throw new Trouble(`More than ${MAX_DEPTH} manifests extend each other.`, "Merge some.");
    if (this.files.push(real) > MAX_FILES)
      throw new Trouble(`More than ${MAX_FILES} manifests are extended.`, "Merge some.");
  }

  readExtended(parsed: ParsedManifest, file: string, base: Policy, chain: readonly string[]): Policy {
    let policy = base;
    for (const [index, specifier] of (parsed.manifest.extends ?? []).entries()) {
      const at = parsed.placeOf(["extends", index]);
      const origin = { file: at.file, line: at.region.startLine, column: at.region.startColumn };
      try {
        policy = this.read(this.resolve(specifier, path.dirname(file)), policy, origin, chain);
      } catch (error) {
        this.report(error, origin);
      }
    }
    return policy;
  }

  /** A relative path, or a package in a `node_modules` between the extending file and the root. */
  resolve(specifier: string, folder: string): string {
    const inside = "Write a relative path or the name of an installed package.";
    if (path.isAbsolute(specifier) || /^[a-z][a-z0-9+.-]*:/i.test(specifier) || specifier.includes("\\"))
      throw new Trouble(`'${specifier}' is neither a relative path nor a package.`, inside);
    if (/^\.\.?(\/|$)/.test(specifier)) {
      const file = path.resolve(folder, specifier);
      if (!isInside(this.root, file)) throw new Trouble(`'${specifier}' leads out of the repository.`, inside);
      return file;
    }
    const parts = /^((?:@[^/]+\/)?[^/@][^/]*)(?:\/(.+))?$/.exec(specifier);
    if (parts === null || specifier.split("/").includes(".."))
      throw new Trouble(`'${specifier}' is no package name.`, inside);
    const [, name = "", rest] = parts;
    const names = rest === undefined ? MANIFEST_NAMES : [rest];
    for (let at = folder; at === this.root || isInside(this.root, at); at = path.dirname(at)) {
      const found = names.map((file) => path.join(at, "node_modules", name, file)).find(this.shelf.has);
      if (found !== undefined) return found;
    }
    throw new Trouble(
      `The package '${name}' with '${names[0]}' is not installed.`,
      "Install it, or use a relative path.",
    );
  }
}

/** The manifest to read; null when none is there; a problem when two compete. */
function locate(root: string, file: string | undefined, shelf: Shelf): string | ManifestProblem | null {
  if (file !== undefined) return path.resolve(root, file);
  const [first, second] = MANIFEST_NAMES.filter((name) => shelf.has(path.join(root, name)));
  if (first === undefined) return null;
  if (second === undefined) return path.join(root, first);
  const what = `'${first}' and '${second}' are both there, and only one can hold.`;
  return { file: second, line: 1, column: 1, what, remedy: "Delete one, or let one extend the other." };
}

/**
 * Reads the policy manifest of a project with everything it extends.
 *
 * @param options the root, and the manifest if it is not the one at the root
 * @returns the policy in force, and every problem found in any of the files, each with place and remedy; with problems
 *   the policy is the default one, so a caller must not judge by it but report them and stop
 * @throws only when the disk fails in a way that is not the manifest's fault
 */
export async function readPolicy(options: ReadPolicyOptions): Promise<ReadPolicyResult> {
  const root = path.resolve(options.root);
  const shelf = options.source === undefined ? DISK : shelfOf(options.source);
  const found = locate(root, options.file, shelf);
  if (found === null) return { policy: defaultPolicy(), problems: [], files: [] };
  if (typeof found !== "string") return { policy: defaultPolicy(), problems: [found], files: [] };
  const [{ parseManifest }, { buildPolicy }] = await Promise.all([
    import("./parse-manifest.js"),
    import("./build-policy.js"),
  ]);
  const reader = new ManifestReader(root, { parse: parseManifest, build: buildPolicy }, shelf);
  const origin = { file: reader.shown(found), line: 1, column: 1 };
  const policy = reader.read(found, defaultPolicy(), origin, []);
  const { problems, files } = reader;
  return problems.length > 0 ? { policy: defaultPolicy(), problems, files } : { policy, problems: [], files };
}
