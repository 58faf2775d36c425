/** How MCP servers are reached: a route that carries the transport, a wrapped handler, or standard input. */
import type { FunctionView, ProgramFile } from "../../program/linking/function-view.js";
import { givenFrame } from "../../program/values/call-frames.js";
import type { LinkQueries, Origin, Site } from "../../program/values/origin.js";
import { requestArguments, stepAt } from "../callback-entry.js";
import { calleeOf, type FunctionOrigin, packageCalls } from "../package-calls.js";
import { nameOfFunction } from "../procedures/builder-chain.js";
import type { AdapterInput, RawEntry, RawStep } from "../routing.js";

/** One way in. */
export interface Carrier {
  readonly file: string;
  /** null: whoever starts the process is the caller */
  readonly steps: readonly RawStep[] | null;
  readonly site: Site;
  /** the route was not found */
  readonly incomplete: string;
}

const SDK = /^@modelcontextprotocol\//;
const HTTP_CALLS = ["handleRequest", "handlePostMessage"];

/** All ways in. `protections` are wrappers around whole handlers, `handlers` the calls that make those. */
export function carriers(
  input: AdapterInput,
  protections: readonly { readonly site: Site; readonly origin: Origin }[],
  handlers: readonly Site[],
): readonly Carrier[] {
  const wrapped = protections.map(({ site, origin }) => ({
    file: site.fn.file.path,
    site,
    incomplete: "",
    steps: [stepAt(origin, "withMcpAuth", site.fn.place(site.v), requestArguments("web"), "returns", "wrapper")],
  }));
  const names = ["StdioServerTransport"];
  const stdio = packageCalls([{ module: SDK, path: /^StdioServerTransport$/, names }], input).map(({ site }) => ({
    file: site.fn.file.path,
    site,
    incomplete: "",
    steps: null,
  }));
  return [...wrapped, ...routes(input), ...handlers.flatMap((site) => exportedHandler(site, input)), ...stdio];
}

/** `const handler = createMcpHandler(…); export { handler as GET, handler as POST };` */
function exportedHandler(site: Site, { entries }: AdapterInput): readonly Carrier[] {
  const own = site.fn.place(site.v);
  const { path: file } = site.fn.file;
  const entry = entries.find(
    ({ method, registration, steps }) =>
      registration.file === file &&
      (method === "POST" || method === "ALL") &&
      steps.some(({ place }) => place.start === own.start),
  );
  if (entry === undefined) return [];
  const steps = entry.steps.filter(({ place }) => place.start !== own.start);
  return [{ file, site, steps, incomplete: entry.incomplete }];
}

function routes(input: AdapterInput): readonly Carrier[] {
  const { index } = input;
  const files = new Set([...index.files()].filter(importsSdk));
  const sites = HTTP_CALLS.flatMap((name) => index.callsOfMember(name)).filter((site) => files.has(site.fn.file));
  return sites.map((site) => {
    const entry = routeAround(site, input);
    const file = site.fn.file.path;
    if (entry === null) return { file, site, steps: [], incomplete: "the route of the transport was not found" };
    return { file, site, steps: [...entry.steps, ...insideOf(entry, site)], incomplete: entry.incomplete };
  });
}

function importsSdk({ lowered }: ProgramFile): boolean {
  return lowered.imports.some((item) => SDK.test(item.module));
}

/** The route whose handler holds the call, or calls the function that does; the one for messages first. */
function routeAround(site: Site, { entries, queries }: AdapterInput): RawEntry | null {
  const around = new Set<FunctionView>();
  for (let fn: FunctionView | null = site.fn; fn !== null && fn.index !== 0; fn = fn.parent) around.add(fn);
  const holds = (fn: FunctionView): boolean =>
    around.has(fn) || functionsCalled(fn, queries).some((called) => around.has(called));
  const found = entries.filter(({ handler }) => handler.kind === "function" && holds(handler.fn));
  return found.find(({ method }) => method === "POST" || method === "ALL") ?? found[0] ?? null;
}

/** They hang on a function's file and what that imports, so they hold as long as those stay as they are. */
const calledBy = new WeakMap<FunctionView, readonly FunctionView[]>();

function functionsCalled(fn: FunctionView, queries: LinkQueries): readonly FunctionView[] {
  let called = calledBy.get(fn);
  if (called === undefined) {
    const callees = Array.from(fn.calls, (v) => calleeOf({ fn, v, frame: null }, queries)).flat();
    called = callees.flatMap((o) => (o.kind === "function" ? [o.fn] : []));
    calledBy.set(fn, called);
  }
  return called;
}

/** What the route's handler checked before it handed the message to the transport. */
function insideOf(entry: RawEntry, site: Site): readonly RawStep[] {
  const { handler } = entry;
  if (handler.kind !== "function" || handler.fn !== site.fn) return [];
  const origin: FunctionOrigin = handler;
  const name = nameOfFunction(origin.fn) || entry.path;
  return [
    {
      ...stepAt(origin, name, site.fn.place(site.v), entry.given, "reaches"),
      reaches: (context) => [{ ...site, frame: givenFrame(origin, entry.given(context)) }],
    },
  ];
}

/** What the way in that stands nearest means for an entry. */
export function nearest(entry: RawEntry, all: readonly Carrier[]): Partial<RawEntry> {
  const { file } = entry.registration;
  let best: Carrier | null = null;
  for (const one of all) if (best === null || shared(one.file, file) > shared(best.file, file)) best = one;
  if (best === null) return { incomplete: "no transport was found" };
  if (best.steps === null) {
    const reason = "standard input: whoever starts the process is its caller";
    return { publicMarker: { reason, place: best.site.fn.place(best.site.v) } };
  }
  return { steps: best.steps, incomplete: best.incomplete };
}

/** How many leading characters two paths share; a file of its own beats all. */
function shared(a: string, b: string): number {
  if (a === b) return Number.POSITIVE_INFINITY;
  let at = 0;
  while (at < a.length && at < b.length && a[at] === b[at]) at += 1;
  return a.slice(0, at).lastIndexOf("/") + 1;
}
