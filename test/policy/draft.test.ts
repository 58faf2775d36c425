import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { rules } from "../../rules/index.js";
import type { EntryPoint, Facts } from "../../src/model/facts.js";
import type { LocatedPlace, Place } from "../../src/model/place.js";
import { draftManifest } from "../../src/policy/draft.js";
import { applyPolicy } from "../../src/policy/match.js";
import { readPolicy } from "../../src/policy/read-manifest.js";
import { entry, facts, guarded, place } from "../rules/facts-builder.js";
import { folderWith } from "./manifests.js";

const locate = ({ file, start }: Place): LocatedPlace => ({
  file,
  region: { startLine: start, startColumn: 1, endLine: start, endColumn: 2 },
});

/** What the next scan says about the draft. */
async function driftOf(given: Facts): Promise<string[]> {
  const root = folderWith({ "authgap.policy.yaml": draftManifest(given, locate) });
  const { policy, problems } = await readPolicy({ root });
  expect(problems).toEqual([]);
  const input = { facts: given, policy: applyPolicy(policy, given), profile: "audit", today: "2026-12-01" } as const;
  const drift = rules.filter(({ meta }) => /^AG60[1345]$/.test(meta.code));
  return drift.flatMap((rule) => [...rule.check(input)].map(({ message, subject }) => `${message} ${subject}`));
}

function open(key: string, more: Partial<EntryPoint> = {}): EntryPoint {
  return entry(key, { intent: { by: "marker", reason: "marked '@Public'", place: place() }, ...more });
}

const given = facts({
  entries: [
    entry("GET /orders/:id", guarded),
    open("GET /health"),
    open("POST /hooks/:provider"),
    open("GET /status", { place: place("apps/web/[id]/a.ts") }),
    entry("GET /status", { place: place("apps/api/a.ts") }),
    open("QUERY project.list", { path: "project.list", transport: "rpc" }),
  ],
  guards: [
    {
      symbol: "src/auth/guards.ts#requireUser",
      grants: "authentication",
      confidence: "proven",
      place: place(),
      uses: 3,
    },
    { symbol: "src/old.ts#gone", grants: "decision", confidence: "proven", place: place(), uses: 1 },
    { symbol: "@clerk/express#requireAuth", grants: "authentication", confidence: "named", place: place(), uses: 1 },
  ],
  symbols: new Set(["src/auth/guards.ts#requireUser"]),
  files: ["src/auth/guards.ts", "src/app.ts", "src/policy/can.ts", "apps/web/[id]/a.ts", "apps/api/a.ts"],
});

describe("a draft", () => {
  test("is accepted by the reader, and drifts in nothing but its owners", async () => {
    expect(await driftOf(given)).toEqual(["unassigned public rule GET /health"]);
  });

  test("names its evidence and says what to review", () => {
    const text = draftManifest(given, locate);
    expect(text).toContain('provider: "clerk"  # inferred: @clerk/express, review');
    expect(text).toMatch(/requireUser", grants: authentication \} {2}# inferred: src\/app\.ts:\d+, review/);
    expect(text).toContain('match: "GET /status", in: "apps/web/?id?/a.ts", public: true');
    expect(text).toContain('- "src/policy/**"');
    expect(text).not.toContain("src/old.ts#gone");
    expect(draftManifest(given, locate)).toBe(text);
  });

  test("does not open what is closed", async () => {
    const root = folderWith({ "authgap.policy.yaml": draftManifest(given, locate) });
    const { policy } = await readPolicy({ root });
    const isOpen = applyPolicy(policy, given).entries.map((one) => one.public);
    expect(isOpen).toEqual([false, true, true, true, false, true]);
  });

  test("of nothing is valid too", async () => {
    expect(await driftOf(facts())).toEqual([]);
  });

  test("is valid whatever the names", async () => {
    const names = fc.string({ unit: "binary", minLength: 1 });
    await fc.assert(
      fc.asyncProperty(names, names, async (name, reason) => {
        const odd = open(`GET /${name}`, { intent: { by: "marker", reason, place: place(`src/${name}.ts`) } });
        const drift = await driftOf(facts({ entries: [odd, entry("GET /x", guarded)] }));
        expect(drift.filter((one) => !one.startsWith("unassigned") && !one.startsWith("noReason"))).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });
});
