/** Exit statuses, and how failures are told: what, where, what to do. */
import { UserError } from "../base/user-error.js";
import { HOME } from "../report/tool.js";
import type { Stream } from "./host.js";

export const EXIT = { clean: 0, findings: 1, userError: 2, internalError: 3 } as const;

/** Tells about anything thrown and returns the exit status for it. Only internal errors may show a stack. */
export function reportFailure(error: unknown, stderr: Stream, version: string, verbose: boolean): number {
  if (error instanceof UserError) {
    stderr.write(userErrorText(error));
    return EXIT.userError;
  }
  const message = error instanceof Error ? error.message : String(error);
  const stack = error instanceof Error ? error.stack : undefined;
  const lines = [
    `internal error: ${message}`,
    `  This is a mistake in authgap ${version}, not in your project. Please report it: ${HOME}/issues`,
    verbose ? (stack ?? "") : "  Run again with --verbose for details to include.",
  ];
  stderr.write(`${lines.filter((line) => line !== "").join("\n")}\n`);
  return EXIT.internalError;
}

function userErrorText(error: UserError): string {
  const lines = [`error: ${error.message}`];
  if (error.where !== "") lines.push(`  where: ${error.where}`);
  if (error.hint !== "") lines.push(`  hint: ${error.hint}`);
  return `${lines.join("\n")}\n`;
}

/** The candidate that is written most like `word`, when one is close enough to be a slip of the pen. */
export function nearest(word: string, candidates: readonly string[]): string | null {
  const scored = candidates
    .map((candidate) => ({ candidate, distance: editDistance(word.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance || sharedStart(word, b.candidate) - sharedStart(word, a.candidate));
  const best = scored[0];
  return best && best.distance <= Math.max(2, Math.floor(word.length / 3)) ? best.candidate : null;
}

function sharedStart(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length]?.toLowerCase() === b[length]?.toLowerCase()) length++;
  return length;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + same));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
