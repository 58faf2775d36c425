/** Ready-made pages and answers that are made for operators: boards over queues, admin panels, metrics, consoles. */
import type { Surface } from "../../model/facts.js";
import type { Origin } from "../../program/values/origin.js";

interface KnownSurface {
  readonly module: RegExp;
  readonly path: RegExp;
  readonly kind: Surface["kind"];
  readonly name: string;
}

/** Values that packages make to be mounted. What asks for a password itself (`buildAuthenticatedRouter`) is not here. */
const MOUNTED: readonly KnownSurface[] = [
  {
    module: /^@bull-board\//,
    path: /getRouter\(\)$|registerPlugin\(\)$|BullBoardModule\.forRoot\(\)$/,
    kind: "board",
    name: "Bull Board",
  },
  { module: /^@nestjs\/swagger$/, path: /^SwaggerModule\.setup\(\)$/, kind: "documentation", name: "Swagger UI" },
  { module: /^bull-board$/, path: /^(?:default\.)?(?:UI|router)$/, kind: "board", name: "Bull Board" },
  { module: /^bull-arena$/, path: /\(\)$/, kind: "board", name: "Bull Arena" },
  { module: /^agendash2?$/, path: /\(\)$/, kind: "board", name: "Agendash" },
  { module: /^@queuedash\/api$/, path: /^createQueueDash\w+\(\)$/, kind: "board", name: "QueueDash" },
  { module: /^@adminjs\/\w+$/, path: /(?:^|\.)buildRouter\(\)$/, kind: "admin", name: "AdminJS" },
  { module: /^mongo-express/, path: /\(\)$/, kind: "admin", name: "mongo-express" },
  {
    module: /^express-status-monitor$/,
    path: /\(\)(?:\.pageRoute)?$/,
    kind: "metrics",
    name: "express-status-monitor",
  },
  { module: /^swagger-stats$/, path: /getMiddleware\(\)$/, kind: "metrics", name: "swagger-stats" },
  { module: /^graphql-playground-middleware-/, path: /\(\)$/, kind: "console", name: "GraphQL Playground" },
  { module: /^swagger-ui-(?:express|koa)$/, path: /setup\(\)$/, kind: "documentation", name: "Swagger UI" },
];

/** Calls inside a handler whose result is the answer. */
const CALLED: readonly KnownSurface[] = [
  { module: /^prom-client$/, path: /(?:^|\.)metrics$/, kind: "metrics", name: "prom-client" },
  {
    module: /^(?:node:)?v8$/,
    path: /^(?:default\.)?(?:getHeapSnapshot|writeHeapSnapshot)$/,
    kind: "debug",
    name: "a heap snapshot",
  },
  {
    module: /^(?:node:)?inspector$/,
    path: /(?:^|\.)(?:open|Session\(\)\.post)$/,
    kind: "debug",
    name: "the inspector",
  },
  { module: /^graphql-playground-html$/, path: /^renderPlaygroundPage$/, kind: "console", name: "GraphQL Playground" },
];

/** What a mounted value shows to whoever asks; null when it is nothing of that sort. */
export function mountedSurface(origin: Origin): Surface | null {
  return known(origin, MOUNTED);
}

/** What a call in a handler hands out; null when it is nothing of that sort. */
export function calledSurface(callees: readonly Origin[]): Surface | null {
  for (const callee of callees) {
    const found = known(callee, CALLED);
    if (found !== null) return found;
  }
  return null;
}

function known(origin: Origin, list: readonly KnownSurface[]): Surface | null {
  if (origin.kind !== "package") return null;
  const found = list.find(({ module, path }) => module.test(origin.module) && path.test(origin.path));
  return found === undefined ? null : { kind: found.kind, name: found.name };
}
