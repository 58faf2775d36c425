import { describe, expect, it } from "vitest";
import { collectBypasses } from "../../src/facts/bypasses/bypasses.js";
import { NO_DATA } from "../../src/frameworks/data/recogniser.js";
import { createChecks, createKnowledge } from "../../src/frameworks/knowledge/knowledge.js";
import type { Bypass } from "../../src/model/facts.js";
import { Guarantees } from "../../src/program/facts/guarantees.js";
import { programFrom } from "../support/program-from.js";

function bypasses(text: string, path = "src/app.ts", more: Readonly<Record<string, string>> = {}): readonly Bypass[] {
  const files = { [path]: text, ...more };
  const { program, queries, index } = programFrom(files, { knowledge: createKnowledge(NO_DATA, []) });
  const guarantees = new Guarantees(queries, createChecks(NO_DATA));
  return collectBypasses({ program, queries, index, guarantees }).map((found) => found.bypass);
}

/** `kind scope skips`, one line per bypass. */
function found(text: string, path?: string): string[] {
  return bypasses(text, path).map((b) => `${b.kind} ${b.scope} ${b.skips.join("+")}`);
}

const MEMBER = "const member = await members.find(req.user.id, id); if (!member) throw new HttpError(403); ";

describe("early allows", () => {
  it.each([
    ["if (req.user.isSuperAdmin) return next();", "early-allow instance decision"],
    ['if (req.user.role === "admin") return next();', "early-allow instance decision"],
    ["if (req.user.role === Role.ADMIN) return next();", "early-allow instance decision"],
    ['if (["admin", "root"].includes(req.user.role)) return next();', "early-allow instance decision"],
    ['if (req.membership.role === "owner") return next();', "early-allow tenant decision"],
    ["if (req.user.isOrgAdmin) return next();", "early-allow tenant decision"],
    ["if (req.user.orgId === req.params.orgId && req.user.isAdmin) return next();", "early-allow tenant decision"],
    ['if (req.user.email === "boss@example.com") return next();', "literal-identity instance decision"],
  ])("%s", (line, expected) => {
    expect(found(`export async function guard(req, res, next) { ${line} ${MEMBER} next(); }`)).toEqual([expected]);
  });

  it("answer true where others are looked up", () => {
    const text = `export class MemberGuard { async canActivate(user, id) {
      if (user.isAdmin) { auditLog.write(user); return true; }
      return (await count(user.id, id)) > 0;
    } }`;
    expect(bypasses(text).map((b) => [b.kind, b.symbol, b.predicate, b.audited])).toEqual([
      ["early-allow", "MemberGuard.canActivate", "user.isAdmin", true],
    ]);
  });

  it("wrap the check that others must pass", () => {
    const text = `export async function remove(user, note) {
      if (!user.isAdmin) { if (note.userId !== user.id) throw new ForbiddenError(); }
      await notes.remove(note.id);
    }`;
    expect(found(text)).toEqual(["early-allow instance decision"]);
  });

  it.each([
    // demanding a privilege is a decision
    "if (!req.user.isAdmin) return res.status(403).end(); next();",
    'if (req.user.role !== "admin" && req.user.role !== "owner") return res.status(403).end(); next();',
    "if (!req.user || !req.user.isAdmin) return res.status(403).end(); next();",
    // no check is skipped
    "const badge = req.user.isAdmin ? 'staff' : 'customer'; if (!badge) throw new Error('x'); res.json({ badge });",
    "if (req.user.isAdmin) log('admin'); if (!req.user) return res.status(401).end(); next();",
    // not the caller's privilege
    "if (req.body.role === 'admin') return next(); if (!req.user) return res.status(403).end(); next();",
    "if (message.role === 'system') return next(); if (!req.user) return res.status(403).end(); next();",
    "if (folder.isRoot) return next(); if (!req.user) return res.status(403).end(); next();",
  ])("silent: %s", (body) => {
    expect(found(`export function handle(req, res, next) { ${body} }`)).toEqual([]);
  });
});

describe("privileges beside a check", () => {
  it("let through whatever the check says", () => {
    const deny = `app.get("/:id", (req, res) => { const row = load(); if (row.orgId !== req.user.orgId && !req.user.isStaff) return res.status(404).end(); res.json(row); });`;
    const allow = "export function canEdit(user, row) { return row.ownerId === user.id || user.isAdmin; }";
    expect([...found(deny), ...found(allow)]).toEqual([
      "or-privilege instance decision+tenant-filter",
      "or-privilege instance decision",
    ]);
  });

  it("weigh less on one's own account, and nothing beside another role", () => {
    const own = `app.get("/:id", (req, res) => { if (req.user.id !== req.params.id && !req.user.isAdmin) return res.status(403).end(); res.json({}); });`;
    const roles = 'export function canManage(role) { return role === "admin" || role === "manager"; }';
    expect(bypasses(own).map((b) => b.confidence)).toEqual(["named"]);
    expect(found(roles)).toEqual([]);
  });

  it("by what the caller of a function passes for options are no switch of the service", () => {
    const text = `export async function requireFactor(req, options = {}) {
      options = { onlyOnLogin: false, ...options };
      if (!req.user) throw new ForbiddenError();
      const has = req.user.factors > 0;
      if (options.requireTwoFactorAuthEnabled && !has) throw new ForbiddenError();
      if (has && req.headers["x-second-factor"] === undefined) throw new ForbiddenError();
    }`;
    expect(bypasses(text).map((b) => [b.kind, b.confidence])).toEqual([["environment", "named"]]);
  });
});

describe("dropped filters", () => {
  it.each([
    "db.find({ where: user.isAdmin ? {} : { tenantId: user.tenantId } });",
    "db.find({ where: { open: true, ...(user.isAdmin ? {} : { orgId: user.orgId }) } });",
    "db.find({ where: { open: true, ...(!user.isAdmin && { orgId: user.orgId }) } });",
    "const where = { open: true }; if (!user.isAdmin) where.tenantId = user.tenantId; db.find({ where });",
    "const where = { open: true }; if (!user.isAdmin) { where.project = { orgId: user.orgId }; } db.find({ where });",
    "if (!user.isAdmin) query.andWhere('doc.org_id = :org', { org: user.orgId }); return query.getMany();",
    "const scope = user.isAdmin ? '' : 'and organization_id = $1'; pool.query('select 1 ' + scope);",
    "if (user.isAdmin) return {}; return { orgId: user.orgId };",
  ])("%s", (body) => {
    expect(found(`export function list(user, query) { ${body} }`)).toEqual(["filter-drop instance tenant-filter"]);
  });

  it.each([
    "db.find({ where: { tenantId: user.tenantId }, take: user.isAdmin ? 1000 : 50 });",
    "const columns = user.isAdmin ? '*' : 'id, title'; pool.query('select ' + columns);",
    "db.find({ where: user.isAdmin ? { orgId: user.orgId } : { orgId: user.orgId, ownerId: user.id } });",
    "db.find({ where: archived ? {} : { tenantId: user.tenantId } });",
  ])("silent: %s", (body) => {
    expect(found(`export function list(user, archived) { ${body} }`)).toEqual([]);
  });
});

const CHECK = "const user = await readUser(req); if (!user) return res.status(401).end(); next();";

describe("switches and client values", () => {
  it.each([
    ['if (process.env.SKIP_AUTH === "1") return next();', "environment environment authentication"],
    ['if (process.env.NODE_ENV !== "production") return next();', "environment environment authentication"],
    ["if (config.auth.disabled) return next();", "environment environment authentication"],
    ["if (!settings.authEnabled) return next();", "environment environment authentication"],
    ['if (req.headers["x-internal"] === "true") return next();', "header client authentication"],
    ['if (req.get("user-agent")?.startsWith("kube-probe/")) return next();', "header client authentication"],
    ['if (req.ip === "127.0.0.1") return next();', "header client authentication"],
    // where neither is given, both are undefined and equal
    ['if (req.headers["x-key"] === process.env.INTERNAL_KEY) return next();', "fail-open unknown authentication"],
  ])("%s", (line, expected) => {
    const config = "const config = { auth: { disabled: process.env.AUTH_DISABLED === '1' } };";
    expect(found(`${config} export async function authenticate(req, res, next) { ${line} ${CHECK} }`)).toEqual([
      expected,
    ]);
  });

  it.each([
    'if (process.env.NODE_ENV === "development") console.log(req.url);',
    'if (req.method === "OPTIONS") return next();',
    'if (process.env.INTERNAL_KEY && req.headers["x-key"] === process.env.INTERNAL_KEY) return next();',
    'if (req.headers["accept-language"]?.startsWith("de")) res.setHeader("content-language", "de");',
    'if (process.env.NODE_ENV === "production" && !req.body.captcha) return res.status(400).end();',
  ])("silent: %s", (line) => {
    expect(found(`export async function authenticate(req, res, next) { ${line} ${CHECK} }`)).toEqual([]);
  });

  it("count for guards that are attached or chosen by stage", () => {
    const guard =
      "function requireUser(req, res, next) { if (!req.user) return res.status(401).end(); next(); } function open(req, res, next) { next(); }";
    const attached = `${guard} if (process.env.NODE_ENV !== "test") app.use(requireUser); if (process.env.NODE_ENV === "test") app.use(open);`;
    const chosen = `${guard} const before = process.env.STAGE === "local" ? [open] : [requireUser];`;
    expect([...found(attached), ...found(chosen)]).toEqual([
      "environment environment authentication",
      "environment environment authentication",
    ]);
  });

  it("are no business of interfaces", () => {
    const text = `import { useUser } from "./user"; import React from "react";
      export function Panel({ user }) { if (user.isAdmin) return true; if (!user) throw new Error("forbidden"); return <p/>; }`;
    expect(found(text, "src/panel.tsx")).toEqual([]);
  });
});
