/**
 * Answers that turn a caller away: a status of 400 or more, a thrown redirect, a helper that does nothing else.
 * Sending is not leaving: a refusing call ends a path only for those who look at the answers of a handler.
 */
import { NONE, Op, PropKind } from "../../model/lowered.js";
import type { FunctionView } from "../linking/function-view.js";
import type { LinkQueries, Origin, Site } from "../values/origin.js";
import { isLastCall } from "./avoidance.js";
import { behind, isWrittenFalsy } from "./conditions.js";
import { type Block, Flow, graphOf, NO_OPTIONS } from "./control-flow.js";
import { handsAnswerOn, isAnswer, saysItFailed } from "./ways-out.js";

const STATUS_SETTERS = new Set([
  "status",
  "code",
  "sendStatus",
  "writeHead",
  "statusCode",
  "setStatus",
  "setStatusCode",
  "throw",
  "assert",
]);
const REFUSING_NAME =
  /^(?:send)?(?:un_?authori[sz]ed|forbidden|not_?found|bad_?request|method_?not_?allowed|un_?authenticated|access_?denied|permission_?denied|payment_?required|conflict|unprocessable(?:_?entity)?|too_?many_?requests|internal_?server_?error|server_?error)(?:error|response|exception)?$/i;
const CLOSING = /^(?:disconnect|close|terminate|destroy|end)$/;
const SOCKET_NAME = /socket|^(?:ws|client|conn|connection|peer)$/i;
const LOGIN_PATH = /(?:^|\/)(?:log-?in|sign-?in|auth|unauthorized|forbidden|403|401)(?:$|[/?#])/i;

/** @returns the HTTP status, 400 for refusals without a readable one, 0 when the call refuses nothing */
export function refusedStatus(fn: FunctionView, call: number, queries: LinkQueries): number {
  const op = fn.op(call);
  if (op === Op.SetMember) return statusWrite(fn, call, queries);
  if (op === Op.Object)
    return statusOfObject(fn, call, queries) || statusOfParts(fn, call, queries) || statusOfPage(fn, call, queries);
  if (op === Op.Member) return statusOfMade(fn, call, queries);
  if (op !== Op.Call && op !== Op.New) return 0;
  if (handsOnError(fn, call, queries) || sendsError(fn, call, queries) || closesSocket(fn, call, queries)) return 400;
  if (sendsFailure(fn, call, queries)) return 400;
  return statusOfChain(fn, call, queries) || redirectStatus(fn, call, queries) || statusOfHelper(fn, call, queries);
}

/** `next(error)`: the answer is left to the error handlers. */
function handsOnError(fn: FunctionView, call: number, queries: LinkQueries): boolean {
  const name = fn.op(call) === Op.Call ? calleeName(fn, fn.callee(call)) : "";
  if (!/^(?:next|done|callback|cb)$/.test(name) || fn.args(call).length === 0) return false;
  const callees = queries.evaluate({ fn, v: fn.callee(call), frame: null });
  if (!callees.every((o) => o.kind === "parameter" && o.path.length === 0)) return false;
  const [first] = queries.evaluate({ fn, v: fn.args(call)[0], frame: null });
  // gRPC: `callback({ code: status.UNAUTHENTICATED })`
  const coded = fn.prop(behind(fn, fn.args(call)[0]), "code");
  if (coded !== NONE) return !/^(?:next|done)$/.test(name);
  return first?.kind === "source" ? first.source === "error" : first?.kind === "instance" || first?.kind === "package";
}

/** `socket.disconnect()`, `ws.close(1008)`: a connection's function turns its client away. */
function closesSocket(fn: FunctionView, call: number, queries: LinkQueries): boolean {
  const callee = fn.callee(call);
  if (fn.op(call) !== Op.Call || fn.op(callee) !== Op.Member || !CLOSING.test(fn.memberName(callee))) return false;
  const object = queries.evaluate({ fn, v: fn.a(callee), frame: null });
  return object.every(
    (o) => o.kind === "parameter" && o.path.length === 0 && SOCKET_NAME.test(o.fn.info.params[o.index]?.name ?? ""),
  );
}

/** `reply.send(error)`: what is sent is a failure, with the status that it carries. */
function sendsError(fn: FunctionView, call: number, queries: LinkQueries): boolean {
  if (fn.op(call) !== Op.Call || fn.memberName(fn.callee(call)) !== "send") return false;
  const [first] = fn.args(call);
  if (first === undefined || fn.args(call).length !== 1) return false;
  const value = behind(fn, first);
  if (fn.op(value) === Op.New || fn.op(value) === Op.Call)
    return isError(queries.evaluate({ fn, v: value, frame: null }));
  return queries.evaluate({ fn, v: value, frame: null }).some((o) => o.kind === "source" && o.source === "error");
}

const ERROR_PATH = /(?:^|\.)(?:\w*Error|unauthorized|forbidden|createError|httpErrors\.\w+)\(\)$/;

function isError(origins: readonly Origin[]): boolean {
  return origins.some(
    (o) =>
      (o.kind === "package" && (o.module === "http-errors" || o.module === "@hapi/boom" || ERROR_PATH.test(o.path))) ||
      (o.kind === "instance" && /Error|Exception/.test(o.file.lowered.classes[o.index]?.name ?? "")),
  );
}

/**
 * `callback({ ok: false, message })` of a socket's acknowledgement, `res.json({ success: false, message })`. Without a
 * status it is a refusal only as the last word: who goes on after it has told something, and turned nobody away.
 */
function sendsFailure(fn: FunctionView, call: number, queries: LinkQueries): boolean {
  const [only, ...others] = fn.op(call) === Op.Call ? fn.args(call) : [];
  if (only === undefined || others.length > 0 || !saysItFailed(fn, only) || !isLastCall(fn, call)) return false;
  const callee = behind(fn, fn.callee(call));
  if (fn.op(callee) === Op.Member) return /^(?:json|send)$/.test(fn.memberName(callee));
  const callees = queries.evaluate({ fn, v: callee, frame: null });
  return callees.length > 0 && callees.every((o) => o.kind === "parameter" && o.path.length === 0);
}

function statusWrite(fn: FunctionView, row: number, queries: LinkQueries): number {
  const name = fn.text(fn.b(row));
  if (name !== "statusCode" && name !== "status") return 0;
  return errorStatus(numberOf(fn, fn.c(row), queries));
}

/** `res.status(401).json()`, `c.json(x, 401)`, `new Response(x, { status: 401 })`, `unauthorized()` */
function statusOfChain(fn: FunctionView, call: number, queries: LinkQueries): number {
  let current = call;
  for (let i = 0; i < 12; i += 1) {
    const op = fn.op(current);
    if (op !== Op.Call && op !== Op.New) return 0;
    const callee = behind(fn, fn.callee(current));
    const name = calleeName(fn, callee);
    const args = fn.args(current);
    if (STATUS_SETTERS.has(name) && args.length > 0) {
      const status = errorStatus(numberOf(fn, args[name === "assert" ? 1 : 0] ?? NONE, queries));
      // a status alone is not an answer: `res.status(401)` followed by nothing leaves the request open
      const answers = current !== call || ANSWERING.has(name) || isOnResponse(fn, callee) || isBareAnswer(fn, current);
      if (status > 0 && answers) return status;
    }
    const fromArgs = statusOfArguments(fn, args, queries);
    if (fromArgs > 0 && !STATUS_SETTERS.has(name)) return fromArgs;
    if (fn.op(callee) !== Op.Member) return 0;
    current = fn.a(callee);
  }
  return 0;
}

const ANSWERING = new Set(["sendStatus", "throw", "writeHead"]);

/** Elysia: `status(401)` by itself, or with the body beside it, is the answer. */
function isBareAnswer(fn: FunctionView, call: number): boolean {
  const callee = behind(fn, fn.callee(call));
  if (calleeName(fn, fn.callee(call)) !== "status") return false;
  return fn.op(callee) !== Op.Member || fn.args(call).length === 2 || fn.op(fn.callee(call)) === Op.Var;
}

/** `h.response(body).code(401)`: the answer was made before its status. */
function isOnResponse(fn: FunctionView, callee: number): boolean {
  if (fn.op(callee) !== Op.Member) return false;
  const made = behind(fn, fn.a(callee));
  return fn.op(made) === Op.Call && calleeName(fn, fn.callee(made)) === "response";
}

function statusOfArguments(fn: FunctionView, args: Int32Array, queries: LinkQueries): number {
  for (const arg of args) {
    const value = behind(fn, arg);
    const op = fn.op(value);
    if (op === Op.Number) {
      const status = errorStatus(Number(fn.text(fn.a(value))));
      if (status > 0) return status;
    }
    if (op === Op.Member) {
      const status = errorStatus(numberOf(fn, value, queries));
      if (status > 0) return status;
    }
    if (op !== Op.Object) continue;
    const status = statusOfObject(fn, value, queries);
    if (status > 0) return status;
  }
  return 0;
}

/** `{ status: 401 }`, `{ statusCode: 403 }`: what functions behind gateways answer. */
function statusOfObject(fn: FunctionView, object: number, queries: LinkQueries): number {
  for (const key of ["status", "statusCode"]) {
    const status = errorStatus(numberOf(fn, fn.prop(object, key), queries));
    if (status > 0) return status;
  }
  return 0;
}

/** `{ response: new Response("no", { status: 401 }) }`: an answer that is handed on for the wrapper to send. */
function statusOfParts(fn: FunctionView, object: number, queries: LinkQueries): number {
  for (const { kind, value } of fn.props(object)) {
    const status = kind === PropKind.Named ? statusOfMade(fn, value, queries) : 0;
    if (status > 0) return status;
  }
  return 0;
}

/** `found.response`, where whatever may stand there was made as a refusal. */
function statusOfMade(fn: FunctionView, v: number, queries: LinkQueries): number {
  const made = queries.evaluate({ fn, v, frame: null }).filter((o) => o.kind !== "constant" || o.value != null);
  const statuses = made.map((o) => (isAnswer(o) && o.site !== null ? statusOfSite(o.site, queries) : 0));
  if (statuses.length > 0 && statuses.every((status) => status > 0)) return statuses[0];
  return fn.op(v) === Op.Member ? statusOfPart(fn, v, queries) : 0;
}

/** What makes the answer may be told its status: `problem(403)` of `problem = (status) => new Response(null, { status })`. */
function statusOfSite(site: Site, queries: LinkQueries): number {
  let at: Site | null = site;
  for (let level = 0; at !== null && level < MAX_MAKERS; level += 1) {
    const op = at.fn.op(at.v);
    const status = op === Op.Call || op === Op.New ? refusedStatus(at.fn, at.v, queries) : 0;
    if (status > 0) return status;
    at = at.frame?.site ?? null;
  }
  return 0;
}

const MAX_MAKERS = 3;
const partStatus = new WeakMap<FunctionView, Map<string, number>>();

/** `const { row, response } = await find(id)`: what a function gives under the name is a refusal wherever it is anything. */
function statusOfPart(fn: FunctionView, member: number, queries: LinkQueries): number {
  const asked = behind(fn, fn.a(member));
  if (fn.op(asked) !== Op.Call) return 0;
  const [callee, ...others] = queries.evaluate({ fn, v: fn.callee(asked), frame: null });
  if (callee?.kind !== "function" || others.length > 0 || !callee.fn.hasBody) return 0;
  const name = fn.memberName(member);
  const known = partStatus.get(callee.fn) ?? new Map<string, number>();
  partStatus.set(callee.fn, known);
  let status = known.get(name);
  if (status === undefined) {
    known.set(name, 0);
    status = computePartStatus(callee.fn, name, queries);
    known.set(name, status);
  }
  return status;
}

function computePartStatus(fn: FunctionView, name: string, queries: LinkQueries): number {
  if (fn.info.blockCount > MAX_HELPER_BLOCKS) return 0;
  const flow = new Flow(fn, graphOf(fn), NO_OPTIONS);
  let status = 0;
  for (const row of fn.returns) {
    const given = fn.a(row) === NONE ? NONE : behind(fn, fn.a(row));
    if (given === NONE || fn.op(given) !== Op.Object) return 0;
    const part = fn.prop(given, name);
    if (part === NONE && [...fn.props(given)].some(({ kind }) => kind !== PropKind.Named)) return 0;
    if (part === NONE || isWrittenFalsy(fn, behind(fn, part))) continue;
    const one = valueStatus(fn, part, queries);
    if (one === 0 && !handsAnswerOn(fn, part, flow.factsAt(row), queries)) return 0;
    status = one || 403;
  }
  return status;
}

function redirectStatus(fn: FunctionView, call: number, queries: LinkQueries): number {
  if (calleeName(fn, fn.callee(call)) !== "redirect") return 0;
  for (const arg of fn.args(call)) {
    if (loginPath(fn, behind(fn, arg), queries, 0)) return 401;
  }
  return 0;
}

/** `{ redirect: { destination: "/login" } }`: what a page's loader answers to have its caller sign in. */
function statusOfPage(fn: FunctionView, object: number, queries: LinkQueries): number {
  const redirect = fn.prop(object, "redirect");
  const told = redirect === NONE ? NONE : behind(fn, redirect);
  if (told === NONE || fn.op(told) !== Op.Object) return 0;
  const destination = fn.prop(told, "destination");
  return destination !== NONE && loginPath(fn, behind(fn, destination), queries, 0) ? 401 : 0;
}

function loginPath(fn: FunctionView, v: number, queries: LinkQueries, depth: number): boolean {
  if (depth > 3 || v === NONE) return false;
  const op = fn.op(v);
  if (op === Op.String) return LOGIN_PATH.test(fn.text(fn.a(v)));
  if (op === Op.Template) return fn.list(fn.a(v)).some((s, i) => i % 2 === 0 && LOGIN_PATH.test(fn.text(s)));
  if (op === Op.New || op === Op.Call)
    return [...fn.args(v)].some((arg) => loginPath(fn, behind(fn, arg), queries, depth + 1));
  return queries
    .evaluate({ fn, v, frame: null })
    .some((o) => o.kind === "constant" && typeof o.value === "string" && LOGIN_PATH.test(o.value));
}

/** a switch over the kinds of failure, and no handler that happens to end badly */
const MAX_HELPER_BLOCKS = 40;
const helperStatus = new WeakMap<FunctionView, number>();

/** A call of a local function whose every way out refuses, or of something that only its name explains. */
function statusOfHelper(fn: FunctionView, call: number, queries: LinkQueries): number {
  // what may be undefined was tested before it is called, or throws
  const callees = queries
    .evaluate({ fn, v: fn.callee(call), frame: null })
    .filter((o) => !(o.kind === "constant" && o.value === undefined));
  const functions = callees.flatMap((o) => (o.kind === "function" ? [o.fn] : []));
  if (functions.length > 0 && functions.length === callees.length) {
    const statuses = functions.map((callee) => statusOfFunction(callee, queries));
    return statuses.every((s) => s > 0) ? statuses[0] : 0;
  }
  const name = calleeName(fn, fn.callee(call));
  return REFUSING_NAME.test(name) && !callees.some((o) => o.kind === "class") ? 400 : 0;
}

function statusOfFunction(fn: FunctionView, queries: LinkQueries): number {
  const known = helperStatus.get(fn);
  if (known !== undefined) return known;
  helperStatus.set(fn, 0);
  const status = computeFunctionStatus(fn, queries);
  helperStatus.set(fn, status);
  return status;
}

function computeFunctionStatus(fn: FunctionView, queries: LinkQueries): number {
  if (!fn.hasBody || fn.info.blockCount > MAX_HELPER_BLOCKS) return 0;
  const graph = graphOf(fn);
  let status = 0;
  for (const row of new Flow(fn, graph, NO_OPTIONS).exits()) {
    const value = fn.op(row) === Op.Return ? fn.a(row) : NONE;
    // whoever can also come back without having answered only may refuse
    const one =
      value === NONE ? answerIn(fn, graph.blocks[graph.blockOf[row]], queries) : valueStatus(fn, value, queries);
    if (one === 0) return 0;
    status = one;
  }
  return status;
}

function valueStatus(fn: FunctionView, value: number, queries: LinkQueries): number {
  return refusedStatus(fn, behind(fn, value), queries);
}

/** The refusal that is sent in a block, 0 when none is. */
function answerIn(fn: FunctionView, block: Block | undefined, queries: LinkQueries): number {
  if (block === undefined) return 0;
  for (let v = block.first; v < block.end; v += 1) {
    const status = fn.op(v) === Op.Call ? refusedStatus(fn, v, queries) : 0;
    if (status > 0) return status;
  }
  return 0;
}

/** Name by which a callee is written: the member's, the variable's, the global's. */
export function calleeName(fn: FunctionView, callee: number): string {
  switch (fn.op(callee)) {
    case Op.Member:
      return fn.text(fn.b(callee));
    case Op.Global:
      return fn.text(fn.a(callee));
    case Op.Var:
      return fn.ancestor(fn.a(callee))?.info.slots[fn.b(callee)]?.name ?? "";
    case Op.Call:
      return calleeName(fn, fn.callee(callee));
    default:
      return "";
  }
}

const ERROR_NAME = /^(?:e|ex|err|error|exception|reason|cause|\w+(?:Err|Error|Exception))$/;

/** `error.statusCode`: errors carry the status of a refusal. */
function isErrorStatus(fn: FunctionView, v: number): boolean {
  const value = behind(fn, v);
  if (fn.op(value) !== Op.Member || !/^(?:statusCode|status|httpStatus|code)$/.test(fn.memberName(value))) return false;
  const object = behind(fn, fn.a(value));
  const name = fn.op(object) === Op.Param ? (fn.info.params[fn.a(object)]?.name ?? "") : calleeName(fn, fn.a(value));
  return ERROR_NAME.test(name);
}

function numberOf(fn: FunctionView, v: number, queries: LinkQueries): number {
  if (v === NONE) return 0;
  if (isErrorStatus(fn, v)) return 400;
  const origins: readonly Origin[] = queries.evaluate({ fn, v, frame: null });
  for (const origin of origins) {
    if (origin.kind === "constant" && typeof origin.value === "number") return origin.value;
    // status constants of packages keep their names: `StatusCodes.UNAUTHORIZED`, `HttpStatus.FORBIDDEN`
    if (origin.kind === "package" && REFUSING_NAME.test(origin.path.split(".").at(-1) ?? "")) return 400;
  }
  return 0;
}

function errorStatus(status: number): number {
  return Number.isInteger(status) && status >= 400 && status < 600 ? status : 0;
}
