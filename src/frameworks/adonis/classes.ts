/** Controllers and middleware as AdonisJS names them: classes, lazy imports, strings. */

import type { Program } from "../../program/linking/program.js";
import type { LinkQueries, Origin } from "../../program/values/origin.js";

/** The method of a class that is given as it is, by a function that imports it, or by its name in a string. */
export function methodOf(given: readonly Origin[], method: string, queries: LinkQueries): Origin | null {
  for (const origin of given.flatMap((one) => classesIn(one, queries, 0))) {
    const found = queries
      .project({ kind: "instance", file: origin.file, index: origin.index, site: null }, [method])
      .find((o) => o.kind === "function");
    if (found !== undefined) return found;
  }
  return null;
}

type ClassOrigin = Extract<Origin, { kind: "class" }>;

/** `() => import("#controllers/users")`, `import("…")`, the class itself */
function classesIn(origin: Origin, queries: LinkQueries, depth: number): readonly ClassOrigin[] {
  if (depth > 3) return [];
  if (origin.kind === "class") return [origin];
  if (origin.kind === "function") return queries.returnsOf(origin.fn).flatMap((o) => classesIn(o, queries, depth + 1));
  if (origin.kind === "namespace")
    return queries.project(origin, ["default"]).flatMap((o) => classesIn(o, queries, depth + 1));
  return [];
}

/** `UsersController` of `UsersController.index`, `App/Middleware/Auth`: the file that ends so. */
export function classNamed(written: string, folder: RegExp, program: Program): Origin | null {
  const tail = written.split("/").at(-1) ?? written;
  for (const file of program.files) {
    if (!folder.test(file.path) || !new RegExp(`(?:^|/)${tail.replace(/\W/g, "")}\\.[cm]?[jt]s$`).test(file.path))
      continue;
    return { kind: "namespace", file };
  }
  return null;
}
