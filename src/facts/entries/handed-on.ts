/** Work that a handler gives to what a step before it left on the request, and whose code cannot be told from here. */
import type { Visit } from "../../program/walks/walk.js";

/** `req.context.models.projects.create(body)`: the store behind it may ask what the handler does not. */
export function handsOn({ callees }: Visit): boolean {
  return callees.some((o) => o.kind === "source" && LEFT_BY_STEPS.has(o.source) && WORKS.test(o.path));
}

const LEFT_BY_STEPS: ReadonlySet<string> = new Set(["request", "context"]);
/** below something that holds several of them: `models.projects.deleteById`, no `session.save` */
const WORKS =
  /(?:^|\.)(?!response\b|res\b)\w+\.(?:\[\]\.\[\]|\w+\.(?:create|insert|add|save|update|set|edit|upsert|delete|remove|destroy)(?:[A-Z]\w*)?)$/;
