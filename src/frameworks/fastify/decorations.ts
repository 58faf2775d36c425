/** What a service hangs on its instances and requests: `decorate("authenticate", fn)`, then `fastify.authenticate`. */
import { Op } from "../../model/lowered.js";
import type { Program } from "../../program/linking/program.js";
import type { LinkQueries, Origin, Site } from "../../program/values/origin.js";

export type Holder = "instance" | "request" | "reply";

interface Decoration {
  readonly holder: Holder;
  readonly name: string;
  readonly value: Site;
}

const HOLDERS: ReadonlyMap<string, Holder> = new Map([
  ["decorate", "instance"],
  ["decorateRequest", "request"],
  ["decorateReply", "reply"],
]);

const known = new WeakMap<Program, ReadonlyMap<string, readonly Decoration[]>>();

/**
 * Values under a name that some plugin put there; undefined when none in sight did. Of several plugins that use the
 * same name, those that lie nearest to a file count: a repository may hold more than one service.
 */
export function decorated(
  holder: Holder,
  name: string,
  near: string | null,
  queries: LinkQueries,
): readonly Origin[] | undefined {
  const all = (decorationsOf(queries.program).get(name) ?? []).filter((one) => one.holder === holder);
  const origins = nearest(all, near).flatMap((one) => [...queries.evaluate(one.value)]);
  const solid = origins.filter((o) => o.kind !== "constant" && o.kind !== "unknown");
  return solid.length === 0 ? undefined : solid;
}

/** Cheap: whether any plugin uses the name. */
export function isDecorated(name: string, queries: LinkQueries): boolean {
  return decorationsOf(queries.program).has(name);
}

function nearest(all: readonly Decoration[], near: string | null): readonly Decoration[] {
  if (near === null || all.length < 2) return all;
  const shared = all.map((one) => sharedFolders(one.value.fn.file.path, near));
  const most = Math.max(...shared);
  return all.filter((_, i) => shared[i] === most);
}

function sharedFolders(a: string, b: string): number {
  const left = a.split("/");
  const right = b.split("/");
  let count = 0;
  while (count < left.length - 1 && left[count] === right[count]) count += 1;
  return count;
}

function decorationsOf(program: Program): ReadonlyMap<string, readonly Decoration[]> {
  let found = known.get(program);
  if (found === undefined) {
    found = collect(program);
    known.set(program, found);
  }
  return found;
}

function collect(program: Program): ReadonlyMap<string, readonly Decoration[]> {
  const found = new Map<string, Decoration[]>();
  for (const file of program.files) {
    for (let index = 0; index < file.functionCount; index += 1) {
      const fn = file.fn(index);
      for (const v of fn.calls) {
        const callee = fn.callee(v);
        const holder = fn.op(callee) === Op.Member ? HOLDERS.get(fn.text(fn.b(callee))) : undefined;
        const args = holder === undefined || fn.op(v) !== Op.Call ? [] : fn.args(v);
        if (holder === undefined || args.length < 2 || fn.op(args[0]) !== Op.String) continue;
        const name = fn.text(fn.a(args[0]));
        const one: Decoration = { holder, name, value: { fn, v: args[1], frame: null } };
        found.set(name, [...(found.get(name) ?? []), one]);
      }
    }
  }
  return found;
}
