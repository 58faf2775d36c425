/** How the manifest names code: `src/auth/guards.ts#requireUser`, `src/policy/**#can`, `@org/auth#guard`. */

export interface CodeReference {
  /** file, glob or package */
  readonly source: string;
  /** '' when the whole file is meant */
  readonly symbol: string;
  /** the source is a file of the project, or a glob over them, not a package */
  readonly isFile: boolean;
}

/** Takes a reference apart at its last `#`. */
export function codeReference(text: string): CodeReference {
  const hash = text.lastIndexOf("#");
  const source = (hash < 0 ? text : text.slice(0, hash)).trim();
  const symbol = hash < 0 ? "" : text.slice(hash + 1).trim();
  return { source, symbol, isFile: /^\.{1,2}\/|\*|\.([cm]?[jt]s|[jt]sx)$/.test(source) };
}

/** The name itself, without the object it hangs on and without arguments: `auth.require("admin")` → `require`. */
export function bareName(name: string): string {
  const bare = name.replace(/\(.*$/s, "");
  return bare.slice(bare.lastIndexOf(".") + 1);
}
