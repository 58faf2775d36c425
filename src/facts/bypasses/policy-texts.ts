/** Policies that open everything, where they are written in the code: texts given to an engine, and lines added to one. */
import type { Bypass } from "../../model/facts.js";
import { NONE, Op } from "../../model/lowered.js";
import type { Place } from "../../model/place.js";
import { behind } from "../../program/facts/conditions.js";
import type { FunctionView, ProgramFile } from "../../program/linking/function-view.js";
import { symbolOf, usersOf } from "../claims/token-values.js";
import { textOf } from "./bypass-text.js";
import { casbinGrants, cedarGrants, regoGrants, type WideGrant, wideGrant } from "./policy-files.js";

const MAX_USES = 4;
const CASBIN = /^casbin(?:-core|\.js)?$|^nest-authz$/;
const CEDAR = /^@cedar-policy\/|^@aws-sdk\/client-verifiedpermissions$/;
const OPA = /^@open-policy-agent\/|^@styra\/opa$/;

/** Reads the texts that a file may give to the engines that it imports; none when it imports no engine. */
export function policyReaderOf({ lowered }: ProgramFile): PolicyReader | null {
  const uses = (engine: RegExp): boolean => lowered.imports.some(({ module }) => engine.test(module));
  const casbin = uses(CASBIN);
  const readers = [
    ...(casbin ? [casbinGrants] : []),
    ...(uses(CEDAR) ? [cedarGrants] : []),
    ...(uses(OPA) ? [regoGrants] : []),
  ];
  return readers.length === 0 ? null : { readers, casbin };
}

export interface PolicyReader {
  readonly readers: readonly ((text: string) => readonly WideGrant[])[];
  readonly casbin: boolean;
}

/** Grants of everything that a function writes down or adds. */
export function writtenGrants(fn: FunctionView, { readers, casbin }: PolicyReader): readonly Bypass[] {
  const found: Bypass[] = [];
  for (let v = 0; v < fn.valueCount; v += 1) {
    const text = fn.op(v) === Op.String ? fn.text(fn.a(v)) : wholeTemplate(fn, v);
    const [grant] = text === "" ? [] : readers.flatMap((read) => [...read(text)]);
    if (grant !== undefined) found.push(wideGrant(grant.written, placeOf(fn, v), symbolOf(fn)));
    else if (casbin && addsStars(fn, v)) found.push(wideGrant(textOf(fn, v), fn.place(v), symbolOf(fn)));
  }
  return found;
}

/** Texts have no place of their own: where the text is used, or what keeps it is. */
function placeOf(fn: FunctionView, v: number): Place {
  let at = v;
  for (let i = 0; i < MAX_USES && fn.start(at) === NONE; i += 1) {
    const [user] = usersOf(fn, at);
    if (user === undefined) break;
    if (fn.op(user) === Op.Store) return placeOfReading(fn, fn.b(user)) ?? fn.place(v);
    at = user;
  }
  return fn.place(at);
}

/** Where the file first reads a variable that a function keeps. */
function placeOfReading(owner: FunctionView, slot: number): Place | null {
  for (const fn of owner.file.functions()) {
    for (let v = 0; v < fn.valueCount; v += 1) {
      if (fn.op(v) !== Op.Var || fn.b(v) !== slot || fn.ancestor(fn.a(v)) !== owner) continue;
      const [user] = usersOf(fn, v);
      if (user !== undefined && fn.op(user) !== Op.Store) return placeOf(fn, user);
    }
  }
  return null;
}

function wholeTemplate(fn: FunctionView, v: number): string {
  if (fn.op(v) !== Op.Template) return "";
  const [only, ...more] = fn.list(fn.a(v));
  return only !== undefined && more.length === 0 ? fn.text(only) : "";
}

/** `addPolicy("admin", "*", "*")` */
function addsStars(fn: FunctionView, v: number): boolean {
  if (fn.op(v) !== Op.Call || !/^add(?:Named)?Policy$/.test(fn.memberName(fn.callee(v)))) return false;
  const args = [...fn.args(v)].map((arg) => behind(fn, arg));
  const stars = args.filter((arg) => fn.op(arg) === Op.String && fn.text(fn.a(arg)) === "*");
  return stars.length >= 2 && stars.length >= args.length - 2;
}
