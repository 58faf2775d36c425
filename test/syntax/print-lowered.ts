import { IterKind, LogicKind, type LoweredFile, NONE, Op, PropKind, ROW } from "../../src/model/lowered.js";

const NAMES = Object.fromEntries(Object.entries(Op).map(([name, op]) => [op, name]));
const LOGIC = Object.fromEntries(Object.entries(LogicKind).map(([name, kind]) => [kind, name]));
const ITERATION = Object.fromEntries(Object.entries(IterKind).map(([name, kind]) => [kind, name]));

/** Renders one function as text, a line per value: `%3 = Member %2 name`. Blocks are `b0:`. */
export function printFunction(file: LoweredFile, index: number): string {
  const fn = file.functions[index];
  const lines: string[] = [];
  for (let value = 0; value < fn.valueCount; value++) {
    const row = (fn.codeAt + value) * ROW;
    const op = file.code[row];
    const [a, b, c] = file.code.subarray(row + 1, row + 4);
    const text = operands(file, index, op, a, b, c);
    if (op === Op.Block) lines.push(`b${a}:${b === NONE ? "" : ` handler b${b}`}`);
    else lines.push(`  %${value} ${NAMES[op]}${text === "" ? "" : ` ${text}`}`);
  }
  return lines.join("\n");
}

/** All functions of a file, each under its name. */
export function printFile(file: LoweredFile): string {
  return file.functions.map((fn, index) => `fn ${index} ${fn.name}\n${printFunction(file, index)}`).join("\n");
}

function operands(file: LoweredFile, fn: number, op: number, a: number, b: number, c: number): string {
  const text = (index: number): string => file.strings[index] ?? `<string ${index}>`;
  switch (op) {
    case Op.String:
      return JSON.stringify(text(a));
    case Op.Number:
    case Op.Regex:
    case Op.Global:
      return text(a);
    case Op.Var:
      return slotName(file, fn, a, b);
    case Op.Store:
      return `${slotName(file, fn, a, b)} = %${c}`;
    case Op.Param:
      return `${a}`;
    case Op.Member:
      return `%${a} ${c === 1 ? "?." : ""}${text(b)}`;
    case Op.Index:
      return `%${a} ${c === 1 ? "?." : ""}%${b}`;
    case Op.Element:
      return `%${a} ${c === 1 ? "..." : ""}${b}`;
    case Op.Iterated:
      return `%${a} ${ITERATION[b]}`;
    case Op.ImportOf:
      return `${text(a)} ${b === 0 ? "dynamic" : "require"}`;
    case Op.Closure:
      return `fn ${a}`;
    case Op.Class:
      return `class ${a}`;
    case Op.Cast:
      return `%${a} type ${b}`;
    case Op.SetMember:
      return `%${a} ${text(b)} = %${c}`;
    case Op.SetIndex:
      return `%${a} %${b} = %${c}`;
    case Op.Unary:
      return `${text(a)} %${b}`;
    case Op.Binary:
      return `%${b} ${text(a)} %${c}`;
    case Op.Logic:
      return `${LOGIC[a]} %${b} %${c}`;
    case Op.Jump:
      return `b${a}`;
    case Op.Branch:
      return `%${a} b${b} b${c}`;
    case Op.Return:
    case Op.Yield:
      return a === NONE ? "" : `%${a}`;
    default:
      return listed(file, op, a, b, c);
  }
}

function listed(file: LoweredFile, op: number, a: number, b: number, c: number): string {
  const list = (at: number): number[] => [...file.tail.subarray(at + 1, at + 1 + file.tail[at])];
  const text = (index: number): string => JSON.stringify(file.strings[index]);
  switch (op) {
    case Op.Template:
      return list(a)
        .map((item, i) => (i % 2 === 0 ? text(item) : `%${item}`))
        .join(" ");
    case Op.Array:
      return `[${list(a)
        .map((value) => `%${value}`)
        .join(", ")}]`;
    case Op.Object:
      return `{${properties(file, list(a)).join(", ")}}`;
    case Op.Rest:
      return `%${a} without [${list(b)
        .map((name) => file.strings[name])
        .join(", ")}]`;
    case Op.Call:
    case Op.New:
      return `%${a} (${list(b)
        .map((value) => `%${value}`)
        .join(", ")})${(c & 1) === 1 ? " optional" : ""}${c >> 2 === 0 ? "" : ` type ${(c >> 2) - 1}`}`;
    default:
      return [a, b, c]
        .filter((value) => value !== NONE)
        .map((value) => `%${value}`)
        .join(" ");
  }
}

function properties(file: LoweredFile, items: number[]): string[] {
  const parts: string[] = [];
  for (let i = 0; i < items.length; i += 3) {
    const [kind, key, value] = items.slice(i, i + 3);
    if (kind === PropKind.Spread) parts.push(`...%${value}`);
    else if (kind === PropKind.Computed) parts.push(`[%${key}]: %${value}`);
    else parts.push(`${kind === PropKind.Getter ? "get " : ""}${file.strings[key]}: %${value}`);
  }
  return parts;
}

/** `name`, or `name^2` for a slot two functions up. */
function slotName(file: LoweredFile, fn: number, depth: number, slot: number): string {
  let owner = fn;
  for (let up = 0; up < depth; up++) owner = file.functions[owner].parent;
  return `${file.functions[owner].slots[slot].name}${depth === 0 ? "" : `^${depth}`}`;
}
