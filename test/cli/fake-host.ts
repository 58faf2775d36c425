/** A command line whose world is made up: streams that remember, an engine that answers at once. */
import { mkdirSync, mkdtempSync, realpathSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Host } from "../../src/cli/host.js";
import { run } from "../../src/cli/run.js";
import type { Facts } from "../../src/model/facts.js";
import type { ScanResult } from "../../src/model/finding.js";
import type { Rule, RuleMeta } from "../../src/model/rule.js";
import { defaultPolicy } from "../../src/policy/default-policy.js";
import { applyPolicy } from "../../src/policy/match.js";
import type { ScanRequest } from "../../src/scan/request.js";
import { result, unguarded, unscoped } from "../report/sample.js";

const asRule = (meta: RuleMeta): Rule => ({ meta, check: () => [] });
export const rules: readonly Rule[] = [asRule(unguarded), asRule(unscoped)];

const noFacts: Facts = {
  entries: [],
  accesses: [],
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
    root: "",
    user: "",
    memberships: [],
    scopings: [],
    capabilities: [],
    tenantKeys: [],
    ownerKeys: [],
    inferred: true,
  },
  unknowns: [],
  symbols: new Set(),
  files: [],
};

export interface Ran {
  readonly status: number;
  readonly out: string;
  readonly err: string;
  readonly request: ScanRequest | null;
}

export interface World {
  readonly result?: Partial<ScanResult>;
  readonly fails?: Error;
  readonly env?: Readonly<Record<string, string>>;
  readonly terminal?: boolean;
  readonly cwd?: string;
}

/** A fresh package folder with one rule's page and a version. */
export function packageFolder(): string {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), "authgap-cli-"));
  mkdirSync(join(folder, "rules"));
  writeFileSync(join(folder, "package.json"), '{ "version": "1.2.3" }');
  writeFileSync(join(folder, "rules/AG301-unscoped-query.md"), "# AG301 unscoped-query\n\nThe page.\n");
  return folder;
}

/** Runs one command in a made-up world. */
export async function runCli(argv: readonly string[], folder: string, world: World = {}): Promise<Ran> {
  let out = "";
  let err = "";
  let request: ScanRequest | null = null;
  const isTTY = world.terminal === true;
  const host: Host = {
    cwd: world.cwd ?? folder,
    env: world.env ?? {},
    stdout: { write: (text) => (out += text), isTTY, columns: 80 },
    stderr: { write: (text) => (err += text), isTTY, columns: 80 },
    now: () => Date.UTC(2026, 10, 22),
    openLive: async () => {
      throw new Error("this host scans once");
    },
    stdio: () => ({ input: process.stdin, output: process.stdout }),
    untilStopped: async () => {},
    scan: async (asked) => {
      request = asked;
      if (world.fails) throw world.fails;
      const evidence = {
        facts: noFacts,
        policy: applyPolicy(defaultPolicy(), noFacts),
        locate: () => ({ file: "", region: one }),
      };
      return { result: result(world.result), evidence, root: folder };
    },
  };
  const status = await run(argv, rules, join(folder, "rules"), host);
  return { status, out, err, request };
}

const one = { startLine: 1, startColumn: 1, endLine: 1, endColumn: 1 };
