/** Hand-made facts for rule tests: each builder takes only what the case is about. */
import type {
  Access,
  Binding,
  BindingVerdict,
  Bypass,
  Conjunct,
  EntryPoint,
  Evidence,
  Facts,
  Grant,
  GuardFault,
  Protection,
  Reach,
  Step,
  TokenRead,
  TokenVerification,
  ValueOrigin,
  ValueSource,
} from "../../src/model/facts.js";
import type { Place } from "../../src/model/place.js";
import type { AppliedPolicy, Policy, PolicyBypass } from "../../src/model/policy.js";
import type { FindingDraft, Profile, Rule, RuleInput } from "../../src/model/rule.js";
import { defaultPolicy, NOWHERE } from "../../src/policy/default-policy.js";

let offset = 0;

/** A fresh place: no two calls give the same. */
export function place(file = "src/app.ts"): Place {
  offset += 10;
  return { file, start: offset, end: offset + 5 };
}

export function step(name: string, grants: Grant, more: Partial<Step> = {}): Step {
  return {
    name,
    kind: "middleware",
    place: place(),
    definedAt: null,
    grants,
    confidence: "proven",
    condition: "",
    evidence: [],
    ...more,
  };
}

/** `entry("GET /orders/:id")`; guarded entries add `...guarded`. */
export function entry(key: string, more: Partial<EntryPoint> & { protects?: Partial<Protection> } = {}): EntryPoint {
  const [method = "GET", path = "/"] = key.split(" ");
  const { protects, ...rest } = more;
  const at = place();
  return {
    key,
    transport: "http",
    framework: "express",
    method,
    path,
    handler: "handler",
    place: at,
    registration: at,
    steps: [],
    nearMisses: [],
    protection: {
      authentication: "none",
      decision: false,
      signature: false,
      stepUp: false,
      confidence: "proven",
      detail: "",
      ...protects,
    },
    intent: null,
    group: "src/app.ts#router",
    selfService: false,
    accesses: [],
    effects: [],
    ...rest,
  };
}

export const guarded = { protects: { authentication: "rejects" } } as const;
export const decided = { protects: { authentication: "rejects", decision: true } } as const;

export function origin(source: ValueSource, path: string): ValueOrigin {
  return { source, path, access: -1, through: false, place: place() };
}

export function conjunct(column: string, source: ValueSource, more: Partial<Conjunct> = {}): Conjunct {
  return { column, operator: "equals", position: "and", values: [origin(source, column)], place: place(), ...more };
}

export function evidence(note: string): Evidence {
  return { place: place(), note };
}

export function binding(verdict: BindingVerdict, more: Partial<Binding> = {}): Binding {
  return { verdict, confidence: "proven", reason: "", evidence: [], conjunct: null, remedy: "", ...more };
}

export function reach(
  entryIndex: number,
  verdict: BindingVerdict,
  more: Partial<Reach> & { binding?: Binding } = {},
): Reach {
  return { entry: entryIndex, binding: binding(verdict), authenticated: true, decided: false, ...more };
}

export function access(reaches: readonly Reach[], more: Partial<Access> = {}): Access {
  return {
    place: place("src/orders.ts"),
    layer: "prisma",
    model: "Order",
    operation: "read",
    method: "findUnique",
    conjuncts: [conjunct("id", "input")],
    filterKnown: true,
    reaches,
    ...more,
  };
}

export function fault(kind: GuardFault["kind"], more: Partial<GuardFault> = {}): GuardFault {
  return { kind, name: "requireUser", place: place(), evidence: [], entries: [], confidence: "proven", ...more };
}

export function tokenRead(
  verification: TokenRead["verification"],
  use: TokenRead["use"],
  more: Partial<TokenRead> = {},
): TokenRead {
  return {
    place: place("src/auth.ts"),
    library: "jsonwebtoken",
    call: "jwt.decode",
    verification,
    use,
    useAt: place("src/auth.ts"),
    server: true,
    symbol: "currentUser",
    evidence: [],
    confidence: "proven",
    ...more,
  };
}

export function verification(
  kinds: readonly TokenVerification["weaknesses"][number]["kind"][],
  more: Partial<TokenVerification> = {},
): TokenVerification {
  const at = place("src/auth.ts");
  const weaknesses = kinds.map((kind) => ({ kind, place: at, detail: "" }));
  return {
    place: at,
    library: "jsonwebtoken",
    call: "jwt.verify",
    symbol: "verify",
    weaknesses,
    evidence: [],
    ...more,
  };
}

export function bypass(kind: Bypass["kind"], more: Partial<Bypass> = {}): Bypass {
  return {
    kind,
    place: place("src/orders.ts"),
    predicate: "user.isAdmin",
    scope: "instance",
    skips: ["tenant-filter"],
    audited: false,
    symbol: "listOrders",
    entries: [],
    confidence: "proven",
    evidence: [],
    ...more,
  };
}

export function listedBypass(use: string, expires: string): PolicyBypass {
  return { use, reason: "support desk", owner: "support", expires, at: NOWHERE };
}

/** `Order` has a tenant column, `Organization` is the root, `Country` is everybody's. */
export function facts(more: Partial<Facts> = {}): Facts {
  const entries = more.entries ?? [];
  const accesses = more.accesses ?? [];
  // what an entry reaches follows from the reaches, so that a test says it once
  const linked = entries.map((one, index) => ({
    ...one,
    accesses: accesses.flatMap((each, at) => (each.reaches.some((reached) => reached.entry === index) ? [at] : [])),
  }));
  return {
    guardFaults: [],
    decisionFaults: [],
    roleTests: [],
    loosePatterns: [],
    talkativeRefusals: [],
    tokenReads: [],
    tokenVerifications: [],
    tokenFlaws: [],
    bypasses: [],
    denials: [],
    staleClaims: [],
    mixedPrincipals: [],
    guards: [],
    models: [],
    tenancy: {
      root: "Organization",
      user: "User",
      memberships: ["Member"],
      scopings: [
        { kind: "root", model: "Organization" },
        {
          kind: "column",
          model: "Order",
          columns: [
            { column: "orgId", role: "tenant", references: "Organization", why: "foreign key to 'Organization'" },
          ],
        },
        { kind: "parent", model: "Item", parents: [{ column: "orderId", relation: "order", model: "Order" }] },
        { kind: "global", model: "Country" },
      ],
      capabilities: [],
      tenantKeys: ["orgid"],
      ownerKeys: ["userid"],
      inferred: true,
    },
    unknowns: [],
    symbols: new Set(),
    files: [],
    ...more,
    accesses,
    entries: linked,
  };
}

interface Settings {
  readonly profile?: Profile;
  readonly policy?: Partial<Policy>;
  /** keys of entries that the policy declares public */
  readonly public?: readonly string[];
  readonly policyLayer?: (file: string) => boolean;
}

export function input(given: Facts, settings: Settings = {}): RuleInput {
  const applied: AppliedPolicy = {
    policy: { ...defaultPolicy(), ...settings.policy },
    entries: given.entries.map((one) => ({
      entry: one,
      route: -1,
      public: settings.public?.includes(one.key) === true,
      require: ["authentication"],
    })),
    unusedRoutes: [],
    unusedExceptions: [],
    policyLayer: settings.policyLayer ?? (() => false),
  };
  return { facts: given, policy: applied, profile: settings.profile ?? "ci", today: "2026-12-01" };
}

/** Runs a rule, and checks on every draft what must hold for all of them. */
export function run(rule: Rule, given: Facts, settings: Settings = {}): FindingDraft[] {
  const drafts = [...rule.check(input(given, settings))];
  for (const draft of drafts) filled(rule, draft);
  return drafts;
}

/** The message as a reader sees it. */
export function messageOf(rule: Rule, draft: FindingDraft): string {
  return filled(rule, draft);
}

function filled(rule: Rule, draft: FindingDraft): string {
  const template = rule.meta.messages[draft.message];
  if (template === undefined) throw new Error(`${rule.meta.code}: no message '${draft.message}'`);
  const text = template.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = draft.data[name];
    if (value === undefined) throw new Error(`${rule.meta.code}: '${draft.message}' lacks '${name}'`);
    return value;
  });
  if (!text.endsWith(".") || /\s\s|\s$|\.\./.test(text)) throw new Error(`${rule.meta.code}: badly joined: ${text}`);
  if (text.length > 1024) throw new Error(`${rule.meta.code}: too long: ${text}`);
  if (draft.subject === "") throw new Error(`${rule.meta.code}: a draft needs a subject`);
  return text;
}
