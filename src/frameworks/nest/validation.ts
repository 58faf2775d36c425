/** What Nest's pipes let through of the bodies that applications are sent. */
import type { LinkQueries, Origin } from "../../program/values/origin.js";
import { argumentOrigin, argumentSites, isPackage, itemsOf, property } from "../classes/values.js";
import type { ProgramIndex } from "../routing.js";

/**
 * `fields`: what the parameter's class names, and nothing else; `none`: everything that was sent; `unknown`: a pipe of
 * the project's own or of another package decides. https://docs.nestjs.com/techniques/validation
 */
export type BodyValidation = "fields" | "none" | "unknown";

const COMMON = "@nestjs/common";

export function bodyValidation(index: ProgramIndex, queries: LinkQueries): BodyValidation {
  const pipes = index
    .callsOfName("ValidationPipe")
    .filter((site) => isPackage(queries.evaluate(site)[0], COMMON, "ValidationPipe()"));
  const stripping = pipes.map((site) => strips(argumentOrigin(site, 0, queries), queries));
  if (stripping.includes("fields")) return "fields";
  if (stripping.includes("unknown") || !isStarted(index) || hasOtherPipes(index, queries)) return "unknown";
  return "none";
}

/** Without a start in sight, pipes may be set where nobody looked. */
function isStarted(index: ProgramIndex): boolean {
  return index
    .importersOf("@nestjs/core")
    .some(({ lowered }) => lowered.imports.some(({ name }) => name === "NestFactory"));
}

function strips(options: Origin | undefined, queries: LinkQueries): BodyValidation {
  if (options === undefined) return "none";
  if (options.kind !== "literal" || options.form !== "object") return "unknown";
  const whitelist = property(options, "whitelist", queries);
  if (whitelist === undefined) return "none";
  if (whitelist.kind !== "constant") return "unknown";
  return whitelist.value === true ? "fields" : "none";
}

/** Pipes for everything that are not Nest's own, and those that are provided. */
function hasOtherPipes(index: ProgramIndex, queries: LinkQueries): boolean {
  const global = index.callsOfMember("useGlobalPipes").flatMap((call) => argumentSites(call));
  const own = global.flatMap((site) => itemsOf(site, queries)).some(({ origin }) => !isOfNest(origin));
  const provided = [...index.importersOf(COMMON), ...index.importersOf("@nestjs/core")].some(({ lowered }) =>
    lowered.imports.some(({ name }) => name === "APP_PIPE" || name === "UsePipes"),
  );
  return own || provided || index.imports("nestjs-zod");
}

function isOfNest(origin: Origin): boolean {
  return origin.kind === "package" && origin.module === COMMON;
}
