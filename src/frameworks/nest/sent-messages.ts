/** Messages that the scanned code sends itself (`client.send("notes.rename", data)`): what handles them serves its own processes. */
import { Op } from "../../model/lowered.js";
import type { Program } from "../../program/linking/program.js";
import { dependsOnCaller } from "../../program/values/computed-origins.js";
import type { LinkQueries, Origin, Site } from "../../program/values/origin.js";
import { argument } from "../classes/values.js";
import { isClientCall, isOpenPattern, MICROSERVICES, patternOf } from "./buses.js";

interface Sent {
  readonly patterns: ReadonlySet<string>;
  /** some are sent under a pattern that only the caller of the sending function knows */
  readonly open: boolean;
}

const known = new WeakMap<Program, Sent>();

export function isSentHere(pattern: Origin | undefined, queries: LinkQueries): boolean {
  let sent = known.get(queries.program);
  if (sent === undefined) {
    sent = readSent(queries);
    known.set(queries.program, sent);
  }
  const key = pattern === undefined ? null : patternOf(pattern, queries);
  return sent.open || (key !== null && sent.patterns.has(key));
}

function readSent(queries: LinkQueries): Sent {
  const patterns = new Set<string>();
  let open = false;
  for (const call of sendingCalls(queries)) {
    const first = argument(call, 0);
    for (const origin of first === null ? [] : queries.evaluate(first)) {
      const key = patternOf(origin, queries);
      if (key !== null) patterns.add(key);
      else if (dependsOnCaller(origin) || isOpenPattern(origin, queries)) open = true;
    }
  }
  return { patterns, open };
}

function* sendingCalls(queries: LinkQueries): Generator<Site> {
  for (const file of queries.program.files) {
    if (!file.lowered.imports.some(({ module }) => module === MICROSERVICES)) continue;
    for (const fn of file.functions()) {
      for (const v of fn.calls) {
        const call = { fn, v, frame: null };
        if (isSending(call, queries)) yield call;
      }
    }
  }
}

function isSending({ fn, v }: Site, queries: LinkQueries): boolean {
  const callee = fn.callee(v);
  if (fn.op(v) !== Op.Call || fn.op(callee) !== Op.Member || !/^(?:send|emit)$/.test(fn.memberName(callee)))
    return false;
  // what is called may be known already: the handler that it leads to
  const clients = queries.evaluate({ fn, v: fn.a(callee), frame: null });
  return clients.some(
    (o) => o.kind === "package" && isClientCall({ ...o, path: `${o.path}.${fn.memberName(callee)}` }),
  );
}
