/** What a function that is given a new socket does with it: the events it listens to, the packets it checks. */
import { Op } from "../../model/lowered.js";
import { calleeName } from "../../program/facts/refusals.js";
import { frameFor, givenFrame } from "../../program/values/call-frames.js";
import type { EntryContext, Frame, LinkQueries, Origin, Site } from "../../program/values/origin.js";
import { siteKey } from "../../program/values/origin-keys.js";
import { type FunctionOrigin, functionBehind } from "../package-calls.js";
import { originsOfArgument, textOf, writtenName } from "../procedures/builder-chain.js";
import type { Arguments } from "../routing.js";
import { SOCKET } from "./knowledge.js";

export const NO_CONTEXT: EntryContext = { method: "", metadata: new Map(), attached: new Map() };

/** A call on the socket itself. */
export interface SocketCall {
  /** `on`, `once`, `use`, `addEventListener` */
  readonly name: string;
  /** first argument, as text where it can be read */
  readonly event: string;
  readonly site: Site;
  /** the calls on the way, outermost first, under the values of an entry */
  readonly reaches: (context: EntryContext) => readonly Site[];
  readonly handlerUnder: (context: EntryContext) => FunctionOrigin | null;
}

type FrameOf = (context: EntryContext) => Frame;
type SitesOf = (context: EntryContext) => readonly Site[];

const LISTENING = new Set(["on", "once", "use", "addEventListener", "addListener", "onAny"]);
const TYPE = /^(?:Socket|WebSocket|)\(\)$/;
const MAX_DEPTH = 5;
const MAX_CALLS = 2_000;

/** Calls that a connection's function makes on its socket, in itself and in what it hands the socket to. */
export function socketCalls(connection: FunctionOrigin, given: Arguments, queries: LinkQueries): readonly SocketCall[] {
  const search = new Search(queries);
  search.enter(
    connection,
    (context) => givenFrame(connection, given(context)),
    () => [],
    0,
  );
  return search.found;
}

class Search {
  readonly found: SocketCall[] = [];
  readonly #entered = new Set<string>();
  #calls = 0;

  constructor(private readonly queries: LinkQueries) {}

  enter(origin: FunctionOrigin, frameOf: FrameOf, before: SitesOf, depth: number): void {
    const { fn } = origin;
    if (!fn.hasBody || depth > MAX_DEPTH || this.#entered.has(fn.id)) return;
    this.#entered.add(fn.id);
    const frame = frameOf(NO_CONTEXT);
    for (const v of fn.calls) {
      this.#calls += 1;
      if (this.#calls > MAX_CALLS) return;
      if (fn.op(v) === Op.Tagged) continue;
      const reaches: SitesOf = (context) => [...before(context), { fn, v, frame: frameOf(context) }];
      const site: Site = { fn, v, frame };
      if (this.#isOnSocket(site)) this.#listen(site, frameOf, reaches);
      else this.#follow(site, frameOf, reaches, depth);
    }
    this.#entered.delete(fn.id);
  }

  #isOnSocket({ fn, v, frame }: Site): boolean {
    const callee = fn.callee(v);
    if (fn.op(callee) !== Op.Member || !LISTENING.has(fn.memberName(callee))) return false;
    return this.queries.evaluate({ fn, v: fn.a(callee), frame }).some(isSocket);
  }

  #listen(site: Site, frameOf: FrameOf, reaches: SitesOf): void {
    const { fn, v } = site;
    const name = calleeName(fn, fn.callee(v));
    const args = fn.args(v);
    const handlerUnder = (context: EntryContext): FunctionOrigin | null => {
      const at = args[args.length - 1];
      return at === undefined
        ? null
        : functionBehind(this.queries.evaluate({ fn, v: at, frame: frameOf(context) }), this.queries);
    };
    const written = args.length === 0 ? "" : writtenName({ fn, v: args[0], frame: null });
    const event = textOf(originsOfArgument(site, 0, this.queries)) ?? written;
    this.found.push({ name, event, site, reaches, handlerUnder });
  }

  /** Local functions that are given the socket, methods of objects that were made with it, callbacks. */
  #follow(site: Site, frameOf: FrameOf, reaches: SitesOf, depth: number): void {
    const { fn, v, frame } = site;
    for (const callee of this.queries.evaluate({ fn, v: fn.callee(v), frame })) {
      if (callee.kind !== "function" || !this.#isGivenSocket(callee, site)) continue;
      const inner: FrameOf = (context) => {
        const outer = frameOf(context);
        const again = this.queries.evaluate({ fn, v: fn.callee(v), frame: outer });
        const same = again.find((o) => o.kind === "function" && o.fn === callee.fn);
        return frameFor(same?.kind === "function" ? same : callee, { fn, v, frame: outer });
      };
      this.enter(callee, inner, reaches, depth + 1);
    }
  }

  #isGivenSocket(callee: FunctionOrigin, site: Site): boolean {
    if (this.#hasSocket(site)) return true;
    const { self } = callee;
    return (
      self?.kind === "instance" &&
      self.site !== null &&
      siteKey(self.site) !== siteKey(site) &&
      this.#hasSocket(self.site)
    );
  }

  #hasSocket({ fn, v, frame }: Site): boolean {
    return Array.from(fn.args(v).slice(0, 6)).some((arg) =>
      this.queries.evaluate({ fn, v: arg, frame }).some(isSocket),
    );
  }
}

/** The connection's own socket, or a field that is declared to hold one. */
function isSocket(origin: Origin): boolean {
  if (origin.kind === "package") return /^(?:socket\.io|ws)$/.test(origin.module) && TYPE.test(origin.path);
  return origin.kind === "source" && origin.source === "request" && origin.dialect === SOCKET && origin.path === "";
}
