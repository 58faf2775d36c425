/** Manifests written to a temporary folder. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll } from "vitest";
import type { Policy } from "../../src/model/policy.js";
import { type ReadPolicyResult, readPolicy } from "../../src/policy/read-manifest.js";

const made: string[] = [];

afterAll(() => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true });
});

/** A new folder with the given files. */
export function folderWith(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(realpathSync(tmpdir()), "authgap-policy-"));
  made.push(root);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return root;
}

/** Reads `authgap.policy.yaml` from a folder with the given files. */
export async function readFiles(files: Readonly<Record<string, string>>): Promise<ReadPolicyResult> {
  return readPolicy({ root: folderWith(files) });
}

/** The policy of one manifest without problems; `version: 1` is put before it. */
export async function policyOf(text: string, others: Readonly<Record<string, string>> = {}): Promise<Policy> {
  const { policy, problems } = await readFiles({ "authgap.policy.yaml": `version: 1\n${text}`, ...others });
  if (problems.length > 0) throw new Error(JSON.stringify(problems));
  return policy;
}

/** Every problem of one manifest as `line:column what remedy`. */
export async function problemsOf(text: string, others: Readonly<Record<string, string>> = {}): Promise<string[]> {
  const { problems } = await readFiles({ "authgap.policy.yaml": text, ...others });
  return problems.map(({ line, column, what, remedy }) => `${line}:${column} ${what} ${remedy}`);
}
