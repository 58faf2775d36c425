/** Which checks hold when control reaches a query: the trial set of the analysis, a few lines each. */
import { describe, expect, test } from "vitest";
import { NONE, Op } from "../../src/model/lowered.js";
import type { FunctionView } from "../../src/program/linking/function-view.js";
import { analysed } from "../facts/guard-support.js";

const HELPERS = `
import { jwtVerify } from "jose";
declare const key: Uint8Array, xs: string[], flag: boolean, kind: string;
declare const db: { find(): unknown; begin(work: (tx: unknown) => Promise<unknown>): Promise<unknown> };
async function session(req) {
  try { return (await jwtVerify(req.token, key)).payload; } catch { return null; }
}
async function need(req) {
  const found = await session(req);
  if (!found) throw new Error("sign in");
  return found;
}
async function can(req) {
  const found = await session(req);
  return found !== null && found.role === "editor";
}
function query() { return db.find(); }
`;

/** Whether an identity is certain at the call of \`query()\`, in the function or a closure of it. */
function guarded(body: string): boolean {
  const text = `${HELPERS}\nexport async function handler(req, res) {\n${body}\n}`;
  const { analysis } = analysed({ "src/app.ts": text });
  const { guarantees, queries } = analysis;
  for (const fn of analysis.index.functions()) {
    const v = fn.info.name === "query" ? NONE : (Array.from(fn.calls).find((call) => callsQuery(fn, call)) ?? NONE);
    if (v === NONE) continue;
    const facts = [fn, ...outerFunctions(fn)].flatMap((one) => {
      const at = one === fn ? v : creationOf(one, fn);
      return at === NONE ? [] : [...guarantees.factsAt({ fn: one, v: at, frame: null }, true)];
    });
    return guarantees.checks.level(facts, queries)?.level === "identity";
  }
  throw new Error("no query() in the text");
}

function callsQuery(fn: FunctionView, call: number): boolean {
  const callee = fn.callee(call);
  return fn.op(callee) === Op.Var && fn.ancestor(fn.a(callee))?.info.slots[fn.b(callee)]?.name === "query";
}

function outerFunctions(fn: FunctionView): FunctionView[] {
  return fn.parent === null ? [] : [fn.parent, ...outerFunctions(fn.parent)];
}

/** Where the closure is made: what holds there holds whenever it runs. */
function creationOf(outer: FunctionView, inner: FunctionView): number {
  for (let v = 0; v < outer.valueCount; v += 1) if (outer.op(v) === Op.Closure && outer.a(v) === inner.index) return v;
  return NONE;
}

const GUARDED: Readonly<Record<string, string>> = {
  "early return": "if (!(await session(req))) return; query();",
  "early answer": "if (!(await session(req))) return res.status(401).end(); query();",
  "throwing helper awaited": "await need(req); query();",
  "its result kept": "const s = await need(req); query();",
  "catch that returns": "try { await need(req); } catch { return; } query();",
  "catch that answers": "try { await need(req); } catch { return res.status(401).end(); } query();",
  "inside the same try": "try { await need(req); query(); } catch { log(); }",
  "each case on its own":
    "switch (kind) { case 'a': await need(req); break; case 'b': await need(req); break; default: return; } query();",
  "tested through a variable":
    "const x = await session(req); const ok = x && (await can(req)); if (!ok) return; query();",
  "either missing returns": "const x = await session(req); if (!x || !(await can(req))) return; query();",
  finally: "try { await need(req); } finally { log(); } query();",
  "transaction closure": "await need(req); await db.begin(async (tx) => { query(); });",
  "Promise.all": "const [s] = await Promise.all([need(req), other()]); query();",
  "variable stored later": "let s; s = await session(req); if (!s) return; query();",
  "both arms": "if (flag) await need(req); else await need(req); query();",
  "break outer": "outer: for (const x of xs) { for (const y of xs) { await need(req); query(); break outer; } }",
  "positive branch": "if (await session(req)) { query(); }",
  "comparison with null": "const s = await session(req); if (s === null) return; query();",
  "comparison with undefined and a default": "const s = (await session(req)) ?? null; if (s == null) return; query();",
  "double negation": "const s = await session(req); if (!!s) query();",
  "chained with then": "await need(req).then(() => 1); query();",
  "promise kept, awaited later": "const p = need(req); await other(); await p; query();",
  "while that leaves": "while (!(await session(req))) { return; } query();",
};

const OPEN: Readonly<Record<string, string>> = {
  "not awaited": "need(req); query();",
  void: "void need(req); query();",
  "swallowed by catch": "try { await need(req); } catch { log(); } query();",
  "after the query": "query(); await need(req);",
  "on one branch": "if (flag) await need(req); query();",
  "fall-through case": "switch (kind) { case 'a': await need(req); case 'b': query(); }",
  "both must be missing": "const x = await session(req); if (!x && !flag) return; query();",
  "after a loop that may be empty": "for (const x of xs) { await need(req); } query();",
  "optional call": "await req.guard?.need(req); query();",
  "conditional expression": "const s = flag ? await need(req) : null; query();",
  "catch to null": "await need(req).catch(() => null); query();",
  "promise tested": "if (!can(req)) return; query();",
  "result unused": "await session(req); query();",
  "logged only": "const s = await session(req); if (!s) log(); query();",
  "made before the check": "const late = () => { query(); }; await need(req); late();",
  "one of several": "if (flag || (await session(req))) { query(); }",
};

describe("guarded", () => {
  for (const [name, body] of Object.entries(GUARDED)) test(name, () => expect(guarded(body)).toBe(true));
});

describe("not guarded", () => {
  for (const [name, body] of Object.entries(OPEN)) test(name, () => expect(guarded(body)).toBe(false));
});

test("an answer that refuses does not leave the function", () => {
  const text = `${HELPERS}\nexport async function handler(req, res) {
    if (!(await session(req))) { res.status(401).end(); }
    query();
  }`;
  const { analysis } = analysed({ "src/app.ts": text });
  const handler = [...analysis.index.functions()].find((fn) => fn.info.name === "handler");
  const ensured = handler === undefined ? [] : analysis.guarantees.ensures(handler, { kind: "return" }, null);
  expect(analysis.guarantees.checks.level(ensured, analysis.queries)).toBe(null);
});

test("what a handler ensures when it answered without refusing", () => {
  const ways: Readonly<Record<string, boolean>> = {
    "if (!(await session(req))) return res.status(401).end(); return res.json(query());": true,
    "if (!(await session(req))) return res.json({}); return res.json(query());": false,
    "if (!(await session(req))) { return new Response(null, { status: 403 }); } return query();": true,
    "if (!(await session(req))) return res.redirect('/login'); return query();": true,
  };
  for (const [body, expected] of Object.entries(ways)) {
    const { analysis } = analysed({
      "src/app.ts": `${HELPERS}\nexport async function handler(req, res) { ${body} }`,
    });
    const handler = [...analysis.index.functions()].find((fn) => fn.info.name === "handler");
    const facts = handler === undefined ? [] : analysis.guarantees.ensures(handler, { kind: "accepted" }, null);
    expect([body, analysis.guarantees.checks.level(facts, analysis.queries)?.level === "identity"]).toEqual([
      body,
      expected,
    ]);
  }
});
