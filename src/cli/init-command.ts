/** `authgap init`: a draft manifest from what a scan finds. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { UserError } from "../base/user-error.js";
import { EXIT } from "./failures.js";
import { runScan, type Session, type SharedOptions, withSharedOptions } from "./options.js";
import { writeReport } from "./write-file.js";

const MANIFEST = "authgap.policy.yaml";
const EXISTING = [MANIFEST, "authgap.policy.yml", "authgap.policy.json"];

interface InitOptions extends SharedOptions {
  readonly force?: boolean;
  readonly stdout?: boolean;
}

/** Adds the command; `exit` receives the exit status. */
export function addInitCommand(program: Command, session: Session, exit: (status: number) => void): void {
  const command = program
    .command("init")
    .summary("write a draft manifest for review")
    .description(`Writes ${MANIFEST} at the root: guards, routes and tenancy as inferred, each line marked for review.`)
    .argument("[paths...]", "folders or files")
    .option("--force", "replace a manifest that exists")
    .option("--stdout", "print the draft instead of writing it");
  withSharedOptions(command).action(async (paths: string[], options: InitOptions) => {
    await writeDraft(session, paths, options);
    exit(EXIT.clean);
  });
}

async function writeDraft(session: Session, paths: readonly string[], options: InitOptions): Promise<void> {
  const { host } = session;
  const { evidence, root } = await runScan(session, paths, options, { rules: [], profile: "audit", needsFacts: true });
  const existing = EXISTING.find((name) => existsSync(join(root, name)));
  if (existing !== undefined && options.stdout !== true && options.force !== true) {
    throw new UserError("there is a manifest already", {
      where: existing,
      hint: "--stdout prints the draft, --force replaces the manifest",
    });
  }
  const { draftManifest } = await import("../policy/draft.js");
  if (evidence === null) throw new Error("the scan was asked for its facts and gave none");
  const draft = draftManifest(evidence.facts, evidence.locate);
  if (options.stdout === true) {
    host.stdout.write(draft);
    return;
  }
  writeReport(join(root, MANIFEST), MANIFEST, draft);
  if (options.quiet !== true) host.stdout.write(reviewText(draft));
}

/** What was written, and what to look at first. */
function reviewText(draft: string): string {
  const lines = draft.split("\n");
  const toReview = lines.filter((line) => /#.*review/.test(line)).length;
  const open = lines.filter((line) => /\bpublic: true\b/.test(line)).length;
  const steps = [
    `${toReview} ${toReview === 1 ? "line is" : "lines are"} marked for review; confirm or correct each.`,
    open > 0
      ? `${open} ${open === 1 ? "rule opens a route" : "rules open routes"} to everybody: check these first.`
      : "",
    "Name an owner and a reason where they are asked for.",
    "Then run 'authgap scan': from now on code and manifest are held against each other.",
  ].filter((step) => step !== "");
  return `Wrote ${MANIFEST}\n${steps.map((step) => `  - ${step}`).join("\n")}\n`;
}
