/** What servers of oRPC put into the context of each request: `handler.handle(request, { context })`. */
import { givenFrame } from "../../program/values/call-frames.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { Frame, LinkQueries, Origin, Site } from "../../program/values/origin.js";
import { source } from "../../program/values/origin.js";
import { originsOfArgument } from "../procedures/builder-chain.js";
import { builderArguments } from "../procedures/builder-steps.js";
import type { AdapterInput, RawEntry, RawStep } from "../routing.js";

const SERVERS = { rpc: /(?:^|\.)RPCHandler\(\)\.handle$/, http: /(?:^|\.)OpenAPIHandler\(\)\.handle$/ } as const;
const MAX_PARAMETERS = 5;

/** The objects that servers hand to their procedures, as steps in front of an entry. */
export class ServedContexts {
  readonly #rpc: readonly RawStep[];
  readonly #http: readonly RawStep[];

  constructor(input: AdapterInput) {
    const served = input.index.callsOfMember("handle");
    const steps = (kind: RegExp): readonly RawStep[] =>
      served.filter((site) => isServer(site, kind, input.queries)).flatMap((site) => stepsOf(site, input.queries));
    this.#rpc = steps(SERVERS.rpc);
    this.#http = steps(SERVERS.http);
  }

  /** Those of the server that an entry is called through; of the only ones there are. */
  before({ transport }: RawEntry): readonly RawStep[] {
    const [own, others] = transport === "http" ? [this.#http, this.#rpc] : [this.#rpc, this.#http];
    return own.length > 0 ? own : others;
  }
}

function isServer(site: Site, kind: RegExp, queries: LinkQueries): boolean {
  return queries
    .evaluate({ ...site, v: site.fn.callee(site.v) })
    .some((o) => o.kind === "package" && /^@orpc\//.test(o.module) && kind.test(o.path));
}

/** Which parameter holds the options differs from server to server. */
function stepsOf(site: Site, queries: LinkQueries): readonly RawStep[] {
  const serving = { ...site, frame: withRequest(site, queries) };
  for (let at = 1; at < MAX_PARAMETERS; at += 1) {
    const given = originsOfArgument(serving, at, queries).flatMap((o) => [...queries.project(o, ["context"])]);
    const objects = given.filter((o) => o.kind === "literal" && o.form === "object");
    if (objects.length > 0) return objects.map((origin) => stepOf(origin, site));
  }
  return [];
}

/** Whatever the function around hands to the server as its request is the request. */
function withRequest(site: Site, queries: LinkQueries): Frame | null {
  const { fn } = site;
  if (site.frame !== null) return site.frame;
  const handed = leaves(originsOfArgument(site, 0, queries)).find((o) => o.kind === "parameter" && o.fn === fn);
  if (handed?.kind !== "parameter") return null;
  const request: Origin = source("request", "", { dialect: "express" });
  const given = fn.info.params.map((_, index): readonly Origin[] =>
    index === handed.index ? [request] : [{ kind: "parameter", fn, index, path: [] }],
  );
  return givenFrame({ kind: "function", fn, frame: null, self: null }, given);
}

function stepOf(origin: Origin, site: Site): RawStep {
  return {
    name: "context",
    kind: "hook",
    place: site.fn.place(site.v),
    origin,
    given: builderArguments("orpc"),
    continuation: "returns-context",
    condition: "",
  };
}
