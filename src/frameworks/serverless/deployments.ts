/** What deployment files say of functions: which handler answers which route, and which authorizer stands before it. */
import { asText, isRecord, type JsonRecord } from "../../base/json.js";

/** Who the gateway turns away before a function runs. */
export type GatewayAuth =
  | { readonly kind: "none" }
  /** an API key of a usage plan: something is demanded, nobody is known by it */
  | { readonly kind: "key" }
  | { readonly kind: "authorizer"; readonly name: string };

export interface DeployedEvent {
  readonly transport: "http" | "ws" | "queue" | "cron";
  readonly method: string;
  readonly path: string;
  readonly auth: GatewayAuth;
}

export interface DeployedFunction {
  /** where its handler may be: paths from the root without an ending, best first */
  readonly files: readonly string[];
  readonly exported: string;
  readonly events: readonly DeployedEvent[];
}

export interface DeploymentFile {
  /** from the root */
  readonly path: string;
  readonly text: string;
}

const MAX_FUNCTIONS = 2_000;

/** Reads serverless.yml files and SAM templates; other YAML, and what is not well formed, says nothing. */
export async function readDeployments(files: readonly DeploymentFile[]): Promise<readonly DeployedFunction[]> {
  if (files.length === 0) return [];
  const { parse } = await import("yaml");
  const found: DeployedFunction[] = [];
  for (const file of files) {
    let content: unknown;
    try {
      content = parse(file.text, { logLevel: "silent", maxAliasCount: 100, merge: true });
    } catch {
      continue;
    }
    if (!isRecord(content)) continue;
    const folder = file.path.includes("/") ? file.path.slice(0, file.path.lastIndexOf("/") + 1) : "";
    if (isRecord(content.functions)) found.push(...ofServerless(content.functions, folder));
    else if (isRecord(content.Resources)) found.push(...ofTemplate(content, content.Resources, folder));
  }
  return found.slice(0, MAX_FUNCTIONS);
}

function ofServerless(functions: JsonRecord, folder: string): readonly DeployedFunction[] {
  return Object.values(functions).flatMap((fn) => {
    const handler = isRecord(fn) ? asText(fn.handler) : null;
    if (!isRecord(fn) || handler === null) return [];
    const events = Array.isArray(fn.events) ? fn.events.flatMap((event: unknown) => serverlessEvents(event)) : [];
    const url = fn.url === undefined || fn.url === false ? [] : [functionUrl(isRecord(fn.url) ? fn.url : {})];
    return [{ ...handlerAt(folder, "", handler), events: [...events, ...url] }];
  });
}

/** `src/orders.create` is the export `create` of `src/orders`; what is built is led back to its sources. */
export function handlerAt(
  folder: string,
  codeUri: string,
  handler: string,
): Pick<DeployedFunction, "files" | "exported"> {
  const dot = handler.lastIndexOf(".");
  const exported = handler.slice(dot + 1);
  const file = handler.slice(0, dot).replace(/^\.\//, "");
  const below = codeUri.replace(/^\.\/?/, "").replace(/\/$/, "");
  const whole = `${folder}${below === "" ? "" : `${below}/`}${file}`;
  const source = whole.replace(/(^|\/)(?:dist|build|lib|out|\.build|\.dist)\//, "$1src/");
  const plain = whole.replace(/(^|\/)(?:dist|build|out|\.build|\.dist)\//, "$1");
  return { files: [...new Set([whole, source, plain, `${folder}src/${file}`, `${folder}${file}`])], exported };
}

function functionUrl(url: JsonRecord): DeployedEvent {
  const text = asText(url.authorizer) ?? asText(url.AuthType);
  const iam = text === "aws_iam" || text === "AWS_IAM";
  return { transport: "http", method: "ALL", path: "/", auth: iam ? { kind: "authorizer", name: "IAM" } : NONE };
}

const NONE: GatewayAuth = { kind: "none" };
const QUEUES = new Set(
  "sqs sns s3 stream eventBridge kafka msk rabbitmq activemq cloudwatchEvent cloudwatchLog iot alexaSkill".split(" "),
);

function serverlessEvents(event: unknown): readonly DeployedEvent[] {
  if (!isRecord(event)) return event === "httpApi" ? [httpRoute("*", "*", NONE)] : [];
  return Object.entries(event).flatMap(([name, value]) => {
    if (name === "http" || name === "httpApi") return [httpEvent(value)];
    if (name === "websocket") return [socketEvent(value)];
    if (name === "schedule") return [{ transport: "cron", method: "CRON", path: "", auth: NONE } as const];
    return QUEUES.has(name) ? [{ transport: "queue", method: "EVENT", path: "", auth: NONE } as const] : [];
  });
}

/** `POST /orders`, `{ method, path, authorizer }` */
function httpEvent(value: unknown): DeployedEvent {
  if (!isRecord(value)) {
    const [method = "*", path = "*"] = (asText(value) ?? "* *").trim().split(/\s+/);
    return httpRoute(method, path, NONE);
  }
  const auth = authorizer(value.authorizer);
  const key = value.private === true && auth.kind === "none";
  return httpRoute(asText(value.method) ?? "*", asText(value.path) ?? "*", key ? { kind: "key" } : auth);
}

function socketEvent(value: unknown): DeployedEvent {
  const route = isRecord(value) ? asText(value.route) : asText(value);
  const auth = isRecord(value) ? authorizer(value.authorizer) : NONE;
  return { transport: "ws", method: "MESSAGE", path: route ?? "$default", auth };
}

function authorizer(value: unknown): GatewayAuth {
  const named = isRecord(value)
    ? (asText(value.name) ?? asText(value.type) ?? asText(value.arn) ?? "authorizer")
    : asText(value);
  return named === null || named === "" || /^none$/i.test(named) ? NONE : { kind: "authorizer", name: named };
}

/** A route as gateways write it: `{id}`, `{proxy+}`, `ANY`. */
export function httpRoute(method: string, path: string, auth: GatewayAuth): DeployedEvent {
  const whole = path === "*" || path === "$default" ? "/*path" : path.startsWith("/") ? path : `/${path}`;
  const named = whole.replace(/\{([^{}+]+)\+\}/g, "*$1").replace(/\{([^{}]+)\}/g, ":$1");
  return { transport: "http", method: /^(?:\*|any)$/i.test(method) ? "ALL" : method.toUpperCase(), path: named, auth };
}

function ofTemplate(template: JsonRecord, resources: JsonRecord, folder: string): readonly DeployedFunction[] {
  const globals = isRecord(template.Globals) ? template.Globals : {};
  const shared = isRecord(globals.Function) ? globals.Function : {};
  return Object.values(resources).flatMap((resource) => {
    if (!isRecord(resource) || resource.Type !== "AWS::Serverless::Function") return [];
    const own = isRecord(resource.Properties) ? resource.Properties : {};
    const handler = asText(own.Handler) ?? asText(shared.Handler);
    if (handler === null) return [];
    const listed = isRecord(own.Events) ? Object.values(own.Events) : [];
    const events = listed.flatMap((event) => templateEvents(event, globals, resources));
    const url = isRecord(own.FunctionUrlConfig) ? [functionUrl(own.FunctionUrlConfig)] : [];
    const uri = asText(own.CodeUri) ?? asText(shared.CodeUri) ?? "";
    return [{ ...handlerAt(folder, uri, handler), events: [...events, ...url] }];
  });
}

function templateEvents(event: unknown, globals: JsonRecord, resources: JsonRecord): readonly DeployedEvent[] {
  if (!isRecord(event)) return [];
  const own = isRecord(event.Properties) ? event.Properties : {};
  if (event.Type === "Api" || event.Type === "HttpApi") {
    const api = asText(own.RestApiId) ?? asText(own.ApiId) ?? "";
    const byDefault = defaultAuth(resources[api]) ?? defaultAuth({ Properties: globals[event.Type] });
    const auth = isRecord(own.Auth) ? own.Auth : {};
    const wanted = asText(auth.Authorizer) ?? byDefault;
    const chosen = authorizer(wanted);
    const key = auth.ApiKeyRequired === true && chosen.kind === "none";
    return [httpRoute(asText(own.Method) ?? "*", asText(own.Path) ?? "*", key ? { kind: "key" } : chosen)];
  }
  if (/^Schedule/.test(asText(event.Type) ?? "")) return [{ transport: "cron", method: "CRON", path: "", auth: NONE }];
  return [{ transport: "queue", method: "EVENT", path: "", auth: NONE }];
}

function defaultAuth(resource: unknown): string | null {
  const properties = isRecord(resource) && isRecord(resource.Properties) ? resource.Properties : {};
  return isRecord(properties.Auth) ? asText(properties.Auth.DefaultAuthorizer) : null;
}
