/** The manifest's files as they were at another commit. */
import { existsSync, readFileSync } from "node:fs";
import { relative, sep } from "node:path";
import { UserError } from "../base/user-error.js";
import { commitOf as commitNamed, git } from "../project/git.js";

/** The full id of the commit that a reference names. Throws a UserError when there is none. */
export function commitOf(folder: string, reference: string): string {
  const id = commitNamed(folder, reference);
  if (id !== null && id !== "") return id;
  throw new UserError(`'${reference}' names no commit of this repository`, {
    where: folder,
    hint: "give a branch, a tag or a commit that was fetched; a shallow clone holds few",
  });
}

/** Files as they were at a commit. What is installed rather than committed is read as it is now. */
export function filesAt(root: string, commit: string): { read(file: string): string | null } {
  const known = new Map<string, string | null>();
  const readCommitted = (file: string): string | null => {
    const path = relative(root, file).split(sep).join("/");
    return path.startsWith("../") ? null : git(root, ["cat-file", "blob", `${commit}:./${path}`]);
  };
  return {
    read(file) {
      const seen = known.get(file);
      if (seen !== undefined) return seen;
      const installed = file.split(sep).includes("node_modules");
      const text = installed ? (existsSync(file) ? readFileSync(file, "utf8") : null) : readCommitted(file);
      known.set(file, text);
      return text;
    },
  };
}
