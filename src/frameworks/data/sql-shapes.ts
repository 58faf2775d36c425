/** Calls that hand over query text, told by the text alone: whose package they belong to need not be known. */
import { Op } from "../../model/lowered.js";
import type { Site } from "../../program/values/origin.js";
import { writtenBeginning } from "./literals.js";

const STATEMENT = /^\s*(?:select\s|insert\s+into\s|update\s|delete\s+from\s|with\s)/i;

/**
 * A statement that is no sentence: `Select a folder from the list` is written without capitals and without a value.
 * A template may go on after its first piece, so only its beginning is asked for what must follow.
 */
const IN_CAPITALS =
  /^\s*(?:SELECT\s[\s\S]*(?:\sFROM\s|$)|INSERT\s+(?:IGNORE\s+|OR\s+\w+\s+)?INTO\s|UPDATE\s+[\w".`]+(?:\s+\w+)?\s+SET\s|DELETE\s+FROM\s|REPLACE\s+INTO\s|WITH\s+\w+\s+AS\s*\()/;
const WITH_A_VALUE =
  /^\s*(?:select\s[\s\S]*\sfrom\s|insert\s+into\s[\s\S]*\svalues\b|update\s+\S+\s+set\s[\s\S]*=|delete\s+from\s)[\s\S]*(?:\?|\$\d|\$?[:(@]\w)/i;

/** Members that take texts for people to read, and those that make a statement for another call to run. */
const NOT_RUNNING =
  /^(?:log|info|warn|error|debug|trace|fatal|verbose|silly|write|describe|it|test|t|print|push|emit|prepare\w*|sql|literal)$/;

/** `anything.query("select …")`, `anything.$queryRaw`, judged by the text alone. */
export function isSqlShape(site: Site): boolean {
  const { fn, v } = site;
  const op = fn.op(v);
  if (op !== Op.Call && op !== Op.Tagged) return false;
  const method = fn.memberName(fn.callee(v));
  if (/^\$(?:query|execute)Raw(?:Unsafe)?$/.test(method)) return true;
  // `Prisma.sql` and its like only make a text that another call is given
  if (op === Op.Tagged && method !== "") return false;
  if (op === Op.Tagged) return STATEMENT.test(fn.text(fn.list(fn.a(fn.b(v)))[0]));
  if (!/^(?:query|execute|raw|queryRaw)$/.test(method)) return isTextCall(site);
  const text = firstText(site);
  return text !== null && STATEMENT.test(text);
}

/** `anything.getRow("SELECT … WHERE id = ?", [id])`: a member that is given a whole statement. */
export function isTextCall(site: Site): boolean {
  const { fn, v } = site;
  if (fn.op(v) !== Op.Call) return false;
  const method = fn.memberName(fn.callee(v));
  if (method === "" || NOT_RUNNING.test(method)) return false;
  const text = firstText(site);
  if (text === null) return false;
  return IN_CAPITALS.test(text) || (fn.args(v).length > 1 && WITH_A_VALUE.test(text));
}

/** `findOne("note", "id = ?", [id])`: a table's name and the words after WHERE. */
export function isConditionCall(name: string, site: Site): boolean {
  return /^(?:find|findOne|findAll|count|load)$/.test(name) && /^\w+$/.test(firstText(site) ?? "");
}

function firstText({ fn, v }: Site): string | null {
  const [first] = fn.args(v);
  return first === undefined ? null : writtenBeginning({ fn, v: first, frame: null });
}
