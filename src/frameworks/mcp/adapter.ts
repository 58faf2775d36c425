/** MCP: tools, resources and prompts of servers, behind the route that carries their transport. */
import {
  type Origin,
  packageCall,
  packageMember,
  packageRoot,
  type Site,
  source,
} from "../../program/values/origin.js";
import { dispatchedEntries } from "../dispatched-entries.js";
import { packageCalls } from "../package-calls.js";
import { functionArgument, originsOfArgument } from "../procedures/builder-chain.js";
import { type NameAt, type RegisteredRule, registeredEntries } from "../registered-functions.js";
import type { Adapter, AdapterInput, Arguments, RawEntry } from "../routing.js";
import { MCP } from "./knowledge.js";
import { carriers, nearest } from "./transports.js";

export const mcpAdapter: Adapter = {
  name: "mcp",
  packages: [
    ...["@modelcontextprotocol/sdk", "@modelcontextprotocol/server", "@modelcontextprotocol/express"],
    ...["mcp-handler", "@vercel/mcp-adapter", "fastmcp", "agents"],
  ],
  collect,
};

const SDK = /^@modelcontextprotocol\/(?:sdk|server)(?:\/.*)?$/;
const HANDLER = /^(?:mcp-handler|@vercel\/mcp-adapter)$/;
const NAMED: readonly NameAt[] = [{ of: "call", argument: 0, property: "" }];

/** `(arguments, extra)`, or `(extra)` of tools without arguments: one dialect reads both. */
const toolArguments: Arguments = (context) => [
  [source("context", "", { dialect: MCP, context })],
  [source("context", "", { dialect: MCP, context })],
  [source("context", "", { dialect: MCP, context })],
];

const base = {
  framework: "mcp",
  transport: "mcp",
  given: toolArguments,
  handler: { argument: "first" },
  name: NAMED,
} as const;

const RULES: readonly RegisteredRule[] = [
  {
    ...base,
    method: "TOOL",
    module: SDK,
    path: /^McpServer\(\)\.(?:tool|registerTool)$/,
    names: ["tool", "registerTool"],
  },
  {
    ...base,
    method: "RESOURCE",
    module: SDK,
    path: /^McpServer\(\)\.(?:resource|registerResource)$/,
    names: ["resource", "registerResource"],
  },
  {
    ...base,
    method: "PROMPT",
    module: SDK,
    path: /^McpServer\(\)\.(?:prompt|registerPrompt)$/,
    names: ["prompt", "registerPrompt"],
  },
  {
    ...base,
    method: "CALL",
    module: SDK,
    path: /^(?:Server\(\)|McpServer\(\)\.server)\.setRequestHandler$/,
    names: ["setRequestHandler"],
    address: requestAddress,
  },
  {
    ...base,
    method: "TOOL",
    module: /^fastmcp$/,
    path: /^FastMCP\(\)\.addTool$/,
    names: ["addTool"],
    handler: { argument: 0, properties: ["execute"] },
    name: [{ of: "call", argument: 0, property: "name" }],
  },
];

/** Listing says what there is; calling, reading and prompting do something. */
const REQUESTS: readonly (readonly [RegExp, string])[] = [
  [/CallTool|^tools\/call$/, "tools/call"],
  [/ReadResource|^resources\/read$/, "resources/read"],
  [/GetPrompt|^prompts\/get$/, "prompts/get"],
];

function requestAddress(name: string): readonly { method: string; path: string }[] {
  const known = REQUESTS.find(([pattern]) => pattern.test(name));
  return known === undefined ? [] : [{ method: "CALL", path: known[1] }];
}

function collect(input: AdapterInput): { entries: readonly RawEntry[]; faults: []; unknowns: [] } {
  const { queries } = input;
  const handlers = packageCalls([{ module: HANDLER, path: /^createMcpHandler$/, names: ["createMcpHandler"] }], input);
  const given = new Map<string, Origin>();
  for (const { site } of handlers) {
    const setUp = functionArgument(site, queries);
    if (setUp !== null) given.set(setUp.fn.id, madeServer());
  }
  const found = carriers(
    input,
    protections(input),
    handlers.map(({ site }) => site),
  );
  const entries = registeredEntries(RULES, input, given)
    .map((entry) => ({ ...entry, ...nearest(entry, found) }))
    .flatMap((entry) => dispatchedEntries(entry, queries));
  return { entries, faults: [], unknowns: [] };
}

function madeServer(): Origin {
  const server = packageMember(packageRoot("@modelcontextprotocol/sdk/server/mcp.js"), "McpServer");
  return server.kind === "package" ? packageCall(server, null) : server;
}

/** `withMcpAuth(handler, verify, { required: true })` */
function protections(input: AdapterInput): readonly { readonly site: Site; readonly origin: Origin }[] {
  const { queries } = input;
  const calls = packageCalls(
    [
      {
        module: HANDLER,
        path: /^(?:withMcpAuth|experimental_withMcpAuth)$/,
        names: ["withMcpAuth", "experimental_withMcpAuth"],
      },
    ],
    input,
  );
  return calls.map(({ site }) => {
    const required = originsOfArgument(site, 2, queries).flatMap((o) => queries.project(o, ["required"]));
    const demanded = required.some((o) => o.kind === "constant" && o.value === true);
    const wrapper = packageMember(packageRoot("mcp-handler"), "withMcpAuth");
    return {
      site,
      origin: wrapper.kind === "package" ? packageMember(wrapper, demanded ? "required" : "optional") : wrapper,
    };
  });
}
