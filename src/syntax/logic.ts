import type { ts } from "ts-morph";
import { FnHint, LogicKind, Op } from "../model/lowered.js";
import { acts } from "./effects.js";
import { Label } from "./emitter.js";
import type { Lowering } from "./lowering.js";

/**
 * `&&`, `||`, `??` whose left side is lowered already. The right side gets a block of its own only if it does
 * something; the Logic value, as a tree, is there in both cases.
 */
export function lowerLogic(
  low: Lowering,
  kind: number,
  left: number,
  rightNode: ts.Expression,
  start: number,
  end: number,
): number {
  const right = acts(low, rightNode) ? guarded(low, kind, left, rightNode, start, end) : quietly(low, rightNode);
  return low.emitAt(start, end, Op.Logic, kind, left, right);
}

function guarded(
  low: Lowering,
  kind: number,
  left: number,
  rightNode: ts.Expression,
  start: number,
  end: number,
): number {
  const test = kind === LogicKind.Nullish ? low.emit(Op.Binary, low.string("=="), left, low.emit(Op.Null)) : left;
  const { body } = low;
  const enter = body.newBlock();
  const skip = body.newBlock();
  const join = new Label();
  body.hints |= FnHint.Branches;
  if (kind === LogicKind.Or) body.branch(test, skip, enter, start, end - start);
  else body.branch(test, enter, skip, start, end - start);
  body.place(enter);
  const right = low.expression(rightNode);
  body.jump(join);
  body.place(skip);
  body.jump(join);
  body.land(join);
  return right;
}

/** Lowers an operand that is known to do nothing. */
export function quietly(low: Lowering, node: ts.Expression): number {
  low.quiet++;
  const value = low.expression(node);
  low.quiet--;
  return value;
}
