/** What Keystone hands to the access functions of lists, and to what extends its application. */
import {
  constant,
  type Origin,
  type PackageOrigin,
  type ParameterOrigin,
  packageMember,
  packageRoot,
  type Site,
  type SourceOrigin,
  source,
} from "../../program/values/origin.js";
import type { FrameworkKnowledge } from "../knowledge/knowledge.js";
import type { Arguments } from "../routing.js";

const ACCESS = "keystone-access";
const CONTEXT = "commonContext";

/** `({ session, context, item, inputData })` */
export const accessArguments: Arguments = (context) => [[source("context", "", { dialect: ACCESS, context })]];

function member(origin: SourceOrigin, name: string): readonly Origin[] | undefined {
  if (origin.dialect !== ACCESS || origin.source !== "context" || origin.path !== "") return undefined;
  const { context, site } = origin;
  switch (name) {
    case "session":
      return [source("identity", "session", { context, site })];
    case "context":
      return [origin];
    case "inputData":
    case "where":
      return [source("input", name, { context, site })];
    case "item":
      return [source("row", "", { context, site })];
    default:
      return /^(?:operation|listKey|fieldKey)$/.test(name) ? [source("neutral", name)] : undefined;
  }
}

/** `extendExpressApp(app, commonContext)`: the context knows nobody until it is given a request. */
function parameterMember(origin: ParameterOrigin, name: string): readonly Origin[] | undefined {
  const handed = origin.index === 1 && /^extend(?:ExpressApp|HttpServer)$/.test(origin.fn.info.name);
  if (!handed || origin.path.length > 0 || name !== "withRequest") return undefined;
  return [packageMember(packageRoot("@keystone-6/core"), `${CONTEXT}.${name}`)];
}

function call(callee: PackageOrigin, site: Site): readonly Origin[] | undefined {
  if (!callee.module.startsWith("@keystone-6/core")) return undefined;
  if (callee.path === `${CONTEXT}.withRequest`) return [source("context", "", { dialect: ACCESS, site })];
  if (!callee.module.endsWith("/access")) return undefined;
  if (callee.path === "denyAll") return [constant(false)];
  return callee.path === "allowAll" || callee.path === "unfiltered" ? [constant(true)] : undefined;
}

export const keystoneKnowledge: FrameworkKnowledge = { member, parameterMember, callSource: () => undefined, call };
