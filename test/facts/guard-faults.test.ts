/** Checks that cannot stop the request, each beside one that looks alike and can. */
import { describe, expect, test } from "vitest";
import { faultsOf } from "./guard-support.js";

const AUTH = `
import { jwtVerify } from "jose";
import jwt from "jsonwebtoken";
declare const key: Uint8Array;
export async function claimsOf(req) {
  try { return (await jwtVerify(req.headers.authorization, key)).payload; } catch { return null; }
}
export async function assertUser(req) {
  if (!(await claimsOf(req))) throw createError(401);
}
export function whenUser(req) { return assertUser(req); }
export async function isEditor(req) {
  const claims = await claimsOf(req);
  return claims?.role === "editor";
}
export async function currentUser(req, res) {
  const claims = await claimsOf(req);
  if (!claims) { res.status(401).end(); return null; }
  return claims;
}
export async function loadUser(req) {
  req.user = await claimsOf(req);
  return req.user;
}
export async function touch(req) {
  if (!(await claimsOf(req))) throw createError(401);
  await notify();
}
export function verified(req) { return jwt.verify(req.headers.authorization, key); }
async function notify() { const nodemailer = await import("nodemailer"); await nodemailer.sendMail({}); }
`;

const IMPORTS =
  'import express from "express"; import { assertUser, claimsOf, currentUser, isEditor, loadUser, touch, verified, whenUser } from "./auth.js"; const app = express();';
const EFFECT = 'await fetch("https://search.internal", { method: "POST" });';

/** Kinds of faults in the handler of one route. */
function inHandler(body: string): readonly string[] {
  const app = `${IMPORTS}\napp.post("/publish", async (req, res) => { ${body} });\napp.listen(3000);`;
  return kinds({ "src/app.ts": app, "src/auth.ts": AUTH });
}

/** Kinds of faults in one middleware. */
function inMiddleware(body: string, head = "async function guard(req, res, next)"): readonly string[] {
  const app = `${IMPORTS}\n${head} { ${body} }\napp.use(guard);\napp.post("/publish", async (req, res) => { ${EFFECT} res.end(); });\napp.listen(3000);`;
  return kinds({ "src/app.ts": app, "src/auth.ts": AUTH });
}

function kinds(files: Readonly<Record<string, string>>): readonly string[] {
  return faultsOf(files).faults.map((fault) => fault.kind);
}

function eachOf(
  run: (body: string) => readonly string[],
  kind: string,
  wrong: Readonly<Record<string, string>>,
  right: Readonly<Record<string, string>>,
): void {
  describe(kind, () => {
    for (const [name, body] of Object.entries(wrong)) test(name, () => expect(run(body)).toEqual([kind]));
    for (const [name, body] of Object.entries(right)) test(`right: ${name}`, () => expect(run(body)).toEqual([]));
  });
}

eachOf(
  inHandler,
  "not-awaited",
  {
    statement: `assertUser(req); ${EFFECT}`,
    void: `void assertUser(req); ${EFFECT}`,
    "its failure caught beside": `assertUser(req).catch(log); ${EFFECT}`,
    "through a function that passes the promise on": `whenUser(req); ${EFFECT}`,
    "a promise as condition": `if (!isEditor(req)) return res.status(403).end(); ${EFFECT}`,
    "a promise in a variable": `const ok = isEditor(req); if (!ok) return res.status(403).end(); ${EFFECT}`,
    "a promise beside another condition": `if (req.body.draft && !isEditor(req)) return res.status(403).end(); ${EFFECT}`,
  },
  {
    awaited: `await assertUser(req); ${EFFECT}`,
    "passed on and awaited": `await whenUser(req); ${EFFECT}`,
    "in an awaited list": `await Promise.all([assertUser(req), other()]); ${EFFECT}`,
    "kept and awaited later": `const p = assertUser(req); await other(); await p; ${EFFECT}`,
    "awaited before": `await assertUser(req); void assertUser(req); ${EFFECT}`,
    "called for what it does": `void touch(req); ${EFFECT}`,
    "awaited condition": `if (!(await isEditor(req))) return res.status(403).end(); ${EFFECT}`,
    "awaited with its failure caught": `const ok = await isEditor(req).catch(() => null); if (!ok) return res.status(403).end(); ${EFFECT}`,
    "awaited variable": `const p = isEditor(req); if (!(await p)) return res.status(403).end(); ${EFFECT}`,
    "who is there does not matter": `void warm(req.body); ${EFFECT}`,
  },
);

eachOf(
  inHandler,
  "result-unused",
  {
    "answered and dropped": `await currentUser(req, res); ${EFFECT}`,
    "kept and never read": `const user = await currentUser(req, res); ${EFFECT}`,
    "a predicate asked for nothing": `await isEditor(req); ${EFFECT}`,
  },
  {
    tested: `const user = await currentUser(req, res); if (!user) return; ${EFFECT}`,
    "passed on": `const user = await currentUser(req, res); log(user); ${EFFECT}`,
    "leaves what it found on the request": `await loadUser(req); ${EFFECT}`,
    "nothing follows": "await currentUser(req, res);",
    "read in a closure": `const user = await currentUser(req, res); await run(() => user.id); ${EFFECT}`,
  },
);

eachOf(
  inMiddleware,
  "no-return-after-rejecting",
  {
    "falls through": "if (!(await claimsOf(req))) { res.status(401).end(); } next();",
    "in a catch": "try { req.user = verified(req); } catch { res.status(401).json({}); } next();",
    "status only": "if (!(await claimsOf(req))) res.status(401); next();",
    "to the sign-in page": 'if (!(await claimsOf(req))) { res.redirect("/login"); } next();',
  },
  {
    returned: "if (!(await claimsOf(req))) { return res.status(401).end(); } next();",
    "return after it": "if (!(await claimsOf(req))) { res.status(401).end(); return; } next();",
    "else holds the rest": "if (!(await claimsOf(req))) { res.status(401).end(); } else { next(); }",
    "the same condition again": "const c = await claimsOf(req); if (!c) { res.status(401).end(); } if (c) next();",
    "a flag": "let ok = true; if (!(await claimsOf(req))) { res.status(401).end(); ok = false; } if (ok) next();",
    "an error is passed on":
      "const c = await claimsOf(req); if (!c) { res.status(401); return next(new Error()); } next();",
    "the number is only told":
      'if (!(await claimsOf(req))) { stats.count("refused", 401); return res.status(401).end(); } next();',
  },
);

eachOf(
  inMiddleware,
  "continues-after-catch",
  {
    "only one kind of failure refuses":
      "try { req.user = verified(req); } catch (e) { if (e.name === 'Expired') return res.status(401).end(); log(e); } next();",
  },
  {
    "every failure refuses":
      "try { req.user = verified(req); } catch (e) { if (e.name === 'Expired') return res.status(401).end(); return res.status(400).end(); } next();",
    "identity is optional": "try { req.user = verified(req); } catch (e) { log(e); } next();",
    "public paths":
      "try { req.user = verified(req); } catch { if (req.path !== '/health') return res.status(401).end(); } next();",
    "a second way to sign in":
      "try { req.user = verified(req); } catch (e) { if (e.name === 'Gone') return res.status(401).end(); await assertUser(req); } next();",
    "the failure is passed on": "try { req.user = verified(req); } catch (e) { return next(e); } next();",
  },
);

eachOf(
  inHandler,
  "swallowed-by-catch",
  {
    "caught and logged": `try { await assertUser(req); } catch (e) { log(e); } ${EFFECT}`,
    "caught to nothing": `await assertUser(req).catch(() => undefined); ${EFFECT}`,
  },
  {
    rethrown: `try { await assertUser(req); } catch (e) { throw new Error("no", { cause: e }); } ${EFFECT}`,
    answered: `try { await assertUser(req); } catch (e) { return res.status(401).end(); } ${EFFECT}`,
    "effects inside": `try { await assertUser(req); ${EFFECT} } catch (e) { log(e); } res.end();`,
    "rethrown by the callback": `await assertUser(req).catch((e) => { throw e; }); ${EFFECT}`,
    "each of several on its own":
      "for (const one of req.body) { try { await touch(one); } catch (e) { log(e); } } res.end();",
    "called for what it does": `try { await touch(req); } catch (e) { log(e); } ${EFFECT}`,
    "who is there decides later": `let user = null; try { user = verified(req); } catch {} ${EFFECT} res.json(user);`,
  },
);

eachOf(
  inHandler,
  "optional-call",
  { "of a parameter's check": `await req.app.locals.guards.assertUser?.(req); ${EFFECT}` },
  {
    "beside a check that runs": `await assertUser(req); await req.app.locals.guards.assertUser?.(req); ${EFFECT}`,
    "of something else": `await req.app.locals.onPublish?.(req); ${EFFECT}`,
  },
);

describe("factory-not-called", () => {
  const made = `function requireEditor(role = "editor") {
    return async (req, res, next) => { if (!(await isEditor(req))) return res.status(403).end(); next(); };
  }`;
  const app = (step: string, more = ""): Readonly<Record<string, string>> => ({
    "src/app.ts": `${IMPORTS}\n${made}\n${more}\napp.post("/publish", ${step}, async (req, res) => { ${EFFECT} res.end(); });\napp.listen(3000);`,
    "src/auth.ts": AUTH,
  });
  test("the factory itself", () => expect(kinds(app("requireEditor"))).toEqual(["factory-not-called"]));
  test("right: what it makes", () => expect(kinds(app('requireEditor("editor")'))).toEqual([]));
  test("right: it calls what it made", () => {
    const both = "function both(req, res, next) { return requireEditor()(req, res, next); }";
    expect(kinds(app("both", both))).toEqual([]);
  });
});

describe("opposite-polarity", () => {
  const route = (path: string, test: string): string =>
    `app.post("/${path}", async (req, res) => { if (${test}) return res.status(403).end(); ${EFFECT} res.end(); });`;
  const right = "!(await isEditor(req))";
  const kindsOf = (...tests: string[]): readonly string[] =>
    kinds({
      "src/app.ts": `${IMPORTS}\n${tests.map((one, i) => route(`r${i}`, one)).join("\n")}\napp.listen(3000);`,
      "src/auth.ts": AUTH,
    });
  test("one against three", () =>
    expect(kindsOf(right, right, "await isEditor(req)", right)).toEqual(["opposite-polarity"]));
  test("the same member of what is found in different ways", () => {
    const member = (of: string, operator: string): string => `${of}.scope.level ${operator} "full" || !req.body.id`;
    const tests = [
      member("req.key", "!=="),
      member("req.auth", "!=="),
      member("req.key", "==="),
      member("req.key", "!=="),
    ];
    expect(kindsOf(...tests)).toEqual(["opposite-polarity"]);
  });
  test("right: administrators are kept from it", () => {
    const member = (operator: string): string => `req.key.scope.role ${operator} "admin"`;
    expect(kindsOf(member("!=="), member("!=="), member("==="), member("!=="))).toEqual([]);
  });
  test("right: too few peers", () => expect(kindsOf(right, "await isEditor(req)", right)).toEqual([]));
  test("right: two against three", () =>
    expect(kindsOf(right, "await isEditor(req)", right, "await isEditor(req)", right)).toEqual([]));
});

test("one fault for all the routes that hang on it", () => {
  const { faults, lines } = faultsOf({
    "src/app.ts": `${IMPORTS}
async function guard(req, res, next) {
  if (!(await claimsOf(req))) res.status(401).end();
  next();
}
app.get("/a", guard, (req, res) => res.end());
app.get("/b", guard, (req, res) => res.end());
app.listen(3000);`,
    "src/auth.ts": AUTH,
  });
  expect(lines).toEqual(["src/app.ts:3 no-return-after-rejecting"]);
  expect(faults[0]?.entries).toEqual(["GET /a", "GET /b"]);
});
