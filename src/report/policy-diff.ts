/** What changed between two manifests, for people and for programs. */
import type { LocatedPlace } from "../model/place.js";
import { counted, paintFor, printable, wrapped } from "./paint.js";

export interface ChangeLine {
  readonly direction: "loosened" | "tightened" | "changed";
  readonly what: string;
  readonly at: LocatedPlace;
  /** the place is in the earlier manifest */
  readonly gone: boolean;
}

export interface DiffSides {
  /** file of each side, '' when it had no manifest */
  readonly before: string;
  readonly after: string;
  readonly ref: string;
  readonly commit: string;
}

export interface Terminal {
  readonly colour: boolean;
  readonly width: number;
}

/** Renders the changes, which come sorted by direction. */
export function renderPolicyDiff(
  changes: readonly ChangeLine[],
  sides: DiffSides,
  format: "text" | "json",
  terminal: Terminal,
): string {
  if (format === "json") return `${JSON.stringify(jsonOf(changes, sides), null, 2)}\n`;
  const paint = paintFor(terminal.colour);
  const brush = { loosened: paint.red, tightened: paint.green, changed: paint.cyan };
  const lines: string[] = [];
  for (const change of changes) {
    lines.push(`  ${brush[change.direction](change.direction.padEnd(9))} ${printable(spotOf(change, sides))}`);
    lines.push(...wrapped(`${change.what}.`, terminal.width, "    "));
  }
  if (lines.length > 0) lines.push("");
  const count = (direction: string): number => changes.filter((change) => change.direction === direction).length;
  const sum = `${count("loosened")} loosened, ${count("tightened")} tightened, ${count("changed")} otherwise changed`;
  lines.push(`${counted(changes.length, "change")} since ${printable(sides.ref)}: ${sum}`);
  if (sides.before === "") lines.push(`There was no manifest at ${printable(sides.ref)}.`);
  if (sides.after === "") lines.push("There is no manifest any more: only authentication is demanded.");
  return `${lines.join("\n")}\n`;
}

function spotOf({ at, gone }: ChangeLine, sides: DiffSides): string {
  const file = at.file === "" ? "no manifest" : `${at.file}:${at.region.startLine}`;
  return gone ? `${sides.ref}:${file}` : file;
}

function jsonOf(changes: readonly ChangeLine[], { before, after, ref, commit }: DiffSides) {
  return {
    since: { ref, commit, manifest: before === "" ? null : before },
    now: { manifest: after === "" ? null : after },
    changes: changes.map(({ direction, what, at, gone }) => ({
      direction,
      what,
      side: gone ? "before" : "now",
      file: at.file,
      line: at.region.startLine,
    })),
  };
}
