import { describe, expect, it } from "vitest";
import type { TokenFacts } from "../../src/facts/claims/token-facts.js";
import { collectTokens } from "../../src/facts/claims/tokens.js";
import { NO_DATA } from "../../src/frameworks/data/recogniser.js";
import { createChecks, createKnowledge } from "../../src/frameworks/knowledge/knowledge.js";
import { Guarantees } from "../../src/program/facts/guarantees.js";
import { programFrom } from "../support/program-from.js";

function collect(files: Readonly<Record<string, string>>): TokenFacts {
  const { program, queries, index } = programFrom(files, { knowledge: createKnowledge(NO_DATA, []) });
  return collectTokens({ program, queries, index, guarantees: new Guarantees(queries, createChecks(NO_DATA)) });
}

/** `verification use`, one line per read of the file. */
function reads(text: string, more: Readonly<Record<string, string>> = {}): string[] {
  return collect({ "src/app.ts": text, ...more }).reads.map((read) => `${read.verification} ${read.use}`);
}

/** Kinds of the weaknesses of the only verification. */
function weaknesses(text: string, more: Readonly<Record<string, string>> = {}): string[] {
  const { verifications } = collect({ "src/app.ts": text, ...more });
  return verifications.flatMap((call) => call.weaknesses.map((weak) => weak.kind));
}

const JWT = 'import jwt from "jsonwebtoken";\nconst key = readKey();\n';
const ALL = 'algorithms: ["RS256"], issuer: "i", audience: "a", maxAge: "1h"';

describe("reads of claims", () => {
  it("become an identity without a verification", () => {
    expect(
      reads(`${JWT}export function identify(req, res, next) {
        const claims = jwt.decode(req.headers.authorization);
        req.user = { id: claims.sub };
        next();
      }`),
    ).toEqual(["none identity"]);
  });

  it("are fine after the same token was verified, by a helper too", () => {
    expect(
      reads(`${JWT}function check(t) { try { jwt.verify(t, key); return true; } catch { return false; } }
      export function identify(req, res, next) {
        const token = req.headers.authorization;
        if (!check(token)) return res.status(401).end();
        req.user = jwt.decode(token);
        next();
      }`),
    ).toEqual(["verified identity"]);
  });

  it("are not helped by a verification whose answer nobody looks at", () => {
    expect(
      reads(`${JWT}function check(t) { try { jwt.verify(t, key); return true; } catch { return false; } }
      export function identify(req, res, next) {
        const token = req.headers.authorization;
        check(token);
        req.user = jwt.decode(token);
        next();
      }`),
    ).toEqual(["other-path identity"]);
  });

  it("tell the read before the verification from another token", () => {
    const before = `${JWT}export function identify(req, res, next) {
      const token = req.headers.authorization;
      req.user = jwt.decode(token);
      try { jwt.verify(token, key); } catch { return res.status(401).end(); }
      next();
    }`;
    const other = `${JWT}export function identify(req, res, next) {
      jwt.verify(req.cookies.a, key);
      req.user = jwt.decode(req.cookies.b);
      next();
    }`;
    expect([...reads(before), ...reads(other)]).toEqual(["after-read identity", "other-token identity"]);
  });

  it("may select the user whose secret verifies the token, across functions", () => {
    expect(
      reads(`${JWT}import { User } from "./user.js";
      function payloadOf(token) {
        const payload = jwt.decode(token);
        if (!payload) throw new Error("bad token");
        return payload;
      }
      export async function userFor(token) {
        const payload = payloadOf(token);
        if (payload.type !== "session") throw new Error("bad token");
        const user = await User.findByPk(payload.id);
        if (!user) throw new Error("bad token");
        try { jwt.verify(token, user.secret); } catch { throw new Error("bad token"); }
        return { user, service: payload.service };
      }
      export async function authenticate(ctx, next) {
        ctx.state.user = (await userFor(ctx.cookies.get("t"))).user;
        return next();
      }`),
    ).toEqual(["verified query"]);
  });

  it("are found where a function called verifyToken only decodes", () => {
    const { reads: found } = collect({
      "src/verify.ts": `${JWT}export function verifyToken(token) { return jwt.decode(token); }`,
      "src/app.ts": `import { verifyToken } from "./verify.js";
      export function guard(req, res, next) {
        if (!verifyToken(req.headers.authorization)) return res.status(401).end();
        next();
      }`,
    });
    expect(found.map((r) => [r.verification, r.use, r.symbol, r.evidence.length])).toEqual([
      ["none", "decision", "verifyToken", 1],
    ]);
  });

  it("see through tokens split by hand, with and without a signature check", () => {
    const split = `export function caller(req) {
      const [head, body, mac] = req.headers.authorization.split(".");
      CHECK
      const claims = JSON.parse(Buffer.from(body, "base64url").toString("utf8"));
      return { userId: claims.sub };
    }`;
    const check = `const wanted = createHmac("sha256", secret).update(head + "." + body).digest("base64url");
      if (mac !== wanted) return null;`;
    const head = 'import { createHmac } from "node:crypto";\n';
    expect(reads(head + split.replace("CHECK", ""))).toEqual(["none identity"]);
    expect(reads(head + split.replace("CHECK", check))).toEqual(["verified identity"]);
  });

  it("are quiet about headers, logs, times of life and tokens straight from the issuer", () => {
    expect(
      reads(`${JWT}export async function f(token, res) {
        const { header } = jwt.decode(token, { complete: true });
        const found = await keyFor(header.kid);
        res.json(jwt.decode(token));
        const expired = jwt.decode(token).exp * 1000 < Date.now();
        const answer = await (await fetch("https://id.example.com/token")).json();
        const user = jwt.decode(answer.id_token);
        res.locals.user = user;
        return found && !expired;
      }`).map((line) => line.split(" ")[1]),
    ).toEqual(["key-selection", "response", "response", "identity"]);
  });

  it("count as browser code in components", () => {
    const { reads: found } = collect({
      "src/badge.tsx": `import { useState } from "react"; import { jwtDecode } from "jwt-decode";
      export function isAdmin(token) { return jwtDecode(token).role === "admin"; }`,
      "src/route.ts": `import { jwtDecode } from "jwt-decode";
      export function GET(req) { if (jwtDecode(req.headers.get("authorization")).role !== "admin") throw new Error("no"); }`,
    });
    expect(found.map((r) => [r.use, r.server])).toEqual([
      ["decision", false],
      ["decision", true],
    ]);
  });
});

describe("verifications", () => {
  it("leave nothing open when everything is pinned, wherever the options are written", () => {
    const options = `export const base = { ${ALL} }; export const of = (audience) => ({ ...base, audience });`;
    const text = `${JWT}import { base, of } from "./options.js";
      export const a = (t) => jwt.verify(t, key, base);
      export const b = (t) => jwt.verify(t, key, of("web"));
      export const c = (t, options) => jwt.verify(t, key, options);`;
    expect(weaknesses(text, { "src/options.ts": options })).toEqual([]);
  });

  it.each([
    ["{}", ["algorithms-open", "expiry-not-required", "issuer-unchecked", "audience-unchecked"]],
    [`{ ${ALL}, algorithms: ["None"] }`, ["algorithm-none"]],
    [`{ ${ALL}, algorithms: ["HS256", "RS256"] }`, ["algorithm-mixed"]],
    [`{ ${ALL}, algorithms: [jwt.decode(t, { complete: true }).header.alg] }`, ["algorithm-from-header"]],
    [`{ ${ALL}, ignoreExpiration: true }`, ["expiry-ignored"]],
    [`{ ${ALL}, clockTolerance: 100000 }`, ["expiry-ignored"]],
    [`{ ${ALL}, issuer: process.env.ISSUER }`, ["option-may-be-undefined"]],
  ])("options %s", (options, kinds) => {
    expect(weaknesses(`${JWT}export const f = (t) => jwt.verify(t, key, ${options});`)).toEqual(kinds);
  });

  it("trust a variable of the environment that the program refuses to start without", () => {
    const text = `${JWT}const issuer = process.env.ISSUER; if (!issuer) throw new Error("ISSUER");
      export const f = (t) => jwt.verify(t, key, { ${ALL}, issuer });`;
    expect(weaknesses(text)).toEqual([]);
  });

  it.each([
    ['"secret"', ["literal-key"]],
    ['process.env.SECRET || "secret"', ["fallback-key"]],
    ['new TextEncoder().encode(process.env.SECRET ?? "secret")', ["fallback-key"]],
    ['Buffer.from(process.env.SECRET, "base64")', []],
    ['"-----BEGIN PUBLIC KEY-----"', []],
    ["fs.readFileSync('./key.pem')", []],
    ["(header, cb) => fetchKey(header.jku, cb)", ["key-from-token"]],
    ["(header, cb) => keys.get(header.kid, cb)", []],
  ])("key %s", (secret, kinds) => {
    expect(weaknesses(`${JWT}export const f = (t) => jwt.verify(t, ${secret}, { ${ALL} });`)).toEqual(kinds);
  });

  it("know what other libraries leave open", () => {
    const text = `import simple from "jwt-simple"; import { expressjwt } from "express-jwt"; import { Strategy } from "passport-jwt";
      simple.decode(t, key);
      expressjwt({ secret: "s", algorithms: ["HS256"], issuer: "i", audience: "a" });
      new Strategy({ secretOrKey: key, algorithms: ["RS256"], issuer: "i", audience: "a", ignoreExpiration: true }, done);`;
    expect(weaknesses(text)).toEqual(["algorithm-from-header", "literal-key", "expiry-ignored"]);
  });

  it("judge the project's own verifiers alike", () => {
    const own = (algorithm: string): string => `import { createHmac, timingSafeEqual } from "node:crypto";
      const table = { HS256: "sha256" };
      export function verify(token, key) {
        const [head, body, mac] = token.split(".");
        const header = JSON.parse(Buffer.from(head, "base64url").toString());
        const wanted = createHmac(${algorithm}, key).update(head + "." + body).digest();
        if (!timingSafeEqual(wanted, Buffer.from(mac, "base64url"))) throw new Error("bad token");
        return JSON.parse(Buffer.from(body, "base64url").toString());
      }`;
    expect(weaknesses(own('header.alg.replace("HS", "sha")'))).toEqual(["algorithm-from-header"]);
    expect([...weaknesses(own("table[header.alg]")), ...weaknesses(own('"sha256"'))]).toEqual([]);
  });
});
