/** Roles that handlers compare by themselves, with the words they demand. */
import type { RoleTest } from "../../model/facts.js";
import { NONE, Op } from "../../model/lowered.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { Analysis } from "../analysis.js";
import { namesOf } from "../bypasses/bypass-text.js";
import type { JudgedEntry } from "../entries/entries.js";
import { refusesCallers } from "../guards/guard-strength.js";

const ROLE = /^(?:role|roles|userRole|memberRole|orgRole|permissions?|accessLevel)$/;
const MAX_TESTS = 12;

/** One record per handler that turns callers away by a role it compares itself. */
export function collectRoleTests(judged: readonly JudgedEntry[], analysis: Analysis): readonly RoleTest[] {
  const found = new Map<FunctionView, { entries: string[]; test: Omit<RoleTest, "entries"> }>();
  for (const { raw, entry } of judged) {
    if (raw.handler.kind !== "function") continue;
    const { fn } = raw.handler;
    const known = found.get(fn);
    if (known !== undefined) known.entries.push(entry.key);
    else {
      const test = testIn(fn, entry.group, analysis);
      if (test !== null) found.set(fn, { entries: [entry.key], test });
    }
  }
  return [...found.values()].map(({ entries, test }) => ({ ...test, entries: entries.sort() }));
}

function testIn(fn: FunctionView, group: string, analysis: Analysis): Omit<RoleTest, "entries"> | null {
  if (!fn.hasBody || !refusesCallers(fn)) return null;
  const words = new Set<string>();
  let first = NONE;
  let subject = "";
  for (let v = 0; v < fn.valueCount && words.size < MAX_TESTS; v += 1) {
    const compared = comparedRole(fn, v, analysis);
    if (compared === null) continue;
    if (first === NONE) {
      first = v;
      subject = compared.subject;
    }
    for (const word of compared.words) words.add(word);
  }
  return first === NONE ? null : { subject, roles: [...words].sort(), place: fn.place(first), group };
}

interface Compared {
  readonly subject: string;
  readonly words: readonly string[];
}

/** `user.role === "admin"`, `["admin", "owner"].includes(user.role)`, `user.roles.includes("admin")` */
function comparedRole(fn: FunctionView, v: number, analysis: Analysis): Compared | null {
  if (fn.op(v) === Op.Binary && /^[!=]==?$/.test(fn.text(fn.a(v)))) {
    return roleAgainst(fn, fn.b(v), fn.c(v), analysis) ?? roleAgainst(fn, fn.c(v), fn.b(v), analysis);
  }
  if (fn.op(v) !== Op.Call || !/^(?:includes|has)$/.test(fn.memberName(fn.callee(v)))) return null;
  const [asked] = fn.args(v);
  const list = fn.a(fn.callee(v));
  return asked === undefined
    ? null
    : (roleAgainst(fn, asked, list, analysis) ?? roleAgainst(fn, list, asked, analysis));
}

function roleAgainst(fn: FunctionView, role: number, other: number, analysis: Analysis): Compared | null {
  const names = namesOf(fn, role);
  const last = names.at(-1) ?? "";
  if (!ROLE.test(last)) return null;
  // the role of who calls, not of whom the request is about
  const origins = leaves(analysis.queries.evaluate({ fn, v: role, frame: null }));
  if (origins.some((o) => o.kind === "source" && o.source === "input")) return null;
  if (names.some((name) => /^(?:body|query|params|input|data|target|dto)$/i.test(name))) return null;
  const values = leaves(
    analysis.queries
      .evaluate({ fn, v: other, frame: null })
      .flatMap((o) => (o.kind === "literal" && o.form === "array" ? [...analysis.queries.project(o, ["[]"])] : [o])),
  );
  const words = values.flatMap((o) => (o.kind === "constant" && typeof o.value === "string" ? [o.value] : []));
  return words.length === 0 || words.length !== values.length ? null : { subject: names.slice(-3).join("."), words };
}
