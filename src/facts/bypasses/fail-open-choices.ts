/** Checks that go through the roles that they know, and let the others pass. */
import type { Bypass } from "../../model/facts.js";
import { NONE, Op } from "../../model/lowered.js";
import { behind } from "../../program/facts/conditions.js";
import { graphOf } from "../../program/facts/control-flow.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { DECIDES } from "./bypass-record.js";
import { namesOf, textOf } from "./bypass-text.js";
import { failsOpen } from "./fail-open.js";

const CHOICE = /role|permission|privilege|tier|group/i;
const MAX_BLOCKS = 60;

/** `switch (role) { case "guest": return false; …; default: return true; }` */
export function unknownChoices(fn: FunctionView): readonly Bypass[] {
  if (!DECIDES.test(fn.info.name)) return [];
  const { entry, blocks } = graphOf(fn);
  let at = entry;
  let asked = "";
  let refused = 0;
  for (let i = 0; i < MAX_BLOCKS; i += 1) {
    const row = blocks[at]?.terminator ?? NONE;
    if (row === NONE) return [];
    if (fn.op(row) === Op.Jump) {
      at = fn.a(row);
      continue;
    }
    if (fn.op(row) === Op.Return) {
      const open = refused > 1 && fn.a(row) !== NONE && fn.op(behind(fn, fn.a(row))) === Op.True;
      return open ? [failsOpen(fn, row, "missing-value", `${asked}: any other`, "inferred")] : [];
    }
    const choice = fn.op(row) === Op.Branch ? choiceOf(fn, fn.a(row)) : null;
    if (choice === null || (asked !== "" && asked !== choice.text)) return [];
    if (!answersNo(fn, choice.same ? fn.b(row) : fn.c(row))) return [];
    asked = choice.text;
    refused += 1;
    at = choice.same ? fn.c(row) : fn.b(row);
  }
  return [];
}

/** A comparison of somebody's role with a word. */
function choiceOf(fn: FunctionView, test: number): { readonly text: string; readonly same: boolean } | null {
  const v = behind(fn, test);
  if (fn.op(v) !== Op.Binary || !/^[!=]==?$/.test(fn.text(fn.a(v)))) return null;
  const sides = [fn.b(v), fn.c(v)];
  const asked = sides.find((side) => fn.op(side) !== Op.String);
  if (asked === undefined || !sides.some((side) => fn.op(side) === Op.String)) return null;
  return CHOICE.test(namesOf(fn, asked).at(-1) ?? "")
    ? { text: textOf(fn, asked), same: fn.text(fn.a(v)).startsWith("=") }
    : null;
}

/** The block gives back false and nothing else. */
function answersNo(fn: FunctionView, block: number): boolean {
  const { blocks } = graphOf(fn);
  let at = block;
  for (let i = 0; i < MAX_BLOCKS; i += 1) {
    const row = blocks[at]?.terminator ?? NONE;
    if (row === NONE) return false;
    if (fn.op(row) !== Op.Jump)
      return fn.op(row) === Op.Return && fn.a(row) !== NONE && fn.op(behind(fn, fn.a(row))) === Op.False;
    at = fn.a(row);
  }
  return false;
}
