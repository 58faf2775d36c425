/** `request.session` where no package puts one there: it is there for those alone for whom the service itself attached one. */
import { Op } from "../../model/lowered.js";
import type { FunctionView, ProgramFile } from "../../program/linking/function-view.js";
import type { Program } from "../../program/linking/program.js";
import type { LinkQueries, SourceOrigin } from "../../program/values/origin.js";

/** `express-session`, `cookie-session`, `@fastify/secure-session`: whoever calls gets one of theirs */
const SESSION_PACKAGE = /(?:^|[/@_-])sessions?(?:$|[/_-])/i;

/** objects of libraries that are a session, and no request that carries one */
const SESSION_DIALECT = /session$/;

/** Whether a request's session, once it is there, shows who calls. */
export function isOwnSession(origin: SourceOrigin, { program }: LinkQueries): boolean {
  if (origin.source !== "request" || origin.path !== "session" || SESSION_DIALECT.test(origin.dialect)) return false;
  let known = attaching.get(program);
  if (known === undefined) {
    known = attachesSessions(program);
    attaching.set(program, known);
  }
  return known;
}

const attaching = new WeakMap<Program, boolean>();

function attachesSessions(program: Program): boolean {
  const files = [...program.files];
  return !files.some(importsSessions) && files.some((file) => [...file.functions()].some(putsSession));
}

function importsSessions(file: ProgramFile): boolean {
  const isPackage = (module: string): boolean => !/^[.~#]|^@\//.test(module) && SESSION_PACKAGE.test(module);
  return (
    file.lowered.imports.some(({ module }) => isPackage(module)) ||
    [...file.functions()].some((fn) => fn.imports.some((v) => isPackage(fn.text(fn.a(v)))))
  );
}

/** `request.session = found`, `c.set("session", found)` */
function putsSession(fn: FunctionView): boolean {
  for (let v = 0; v < fn.valueCount; v += 1) {
    if (fn.op(v) === Op.SetMember && fn.text(fn.b(v)) === "session") {
      if (fn.op(fn.a(v)) !== Op.This && !isNothing(fn, fn.c(v))) return true;
    }
    if (fn.op(v) !== Op.Call || fn.op(fn.callee(v)) !== Op.Member || fn.memberName(fn.callee(v)) !== "set") continue;
    const [name, value] = fn.args(v);
    if (value !== undefined && fn.op(name) === Op.String && fn.text(fn.a(name)) === "session") return true;
  }
  return false;
}

/** what is taken away */
function isNothing(fn: FunctionView, v: number): boolean {
  return fn.op(v) === Op.Null || fn.op(v) === Op.Undefined;
}
