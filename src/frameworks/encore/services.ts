/** Middleware of Encore services: `new Service(name, { middlewares })` covers the folder in which it stands. */
import { type LinkQueries, type Origin, type Site, unknown } from "../../program/values/origin.js";
import { nextOrigin, requestOrigin } from "../arguments.js";
import { type Item, pathText, property, propertyItems } from "../classes/values.js";
import { firstLineOf, functionArgument, originsOfArgument } from "../procedures/builder-chain.js";
import type { ProgramIndex, RawStep } from "../routing.js";

export interface ServiceMiddleware {
  readonly step: RawStep;
  /** whether it runs for endpoints of a file, with or without `auth: true` */
  covers(file: string, auth: boolean): boolean;
}

/** Middleware of all services of the program. */
export function readServices(index: ProgramIndex, queries: LinkQueries): readonly ServiceMiddleware[] {
  return index.callsOfName("Service").flatMap((call) => {
    const [made] = queries.evaluate(call);
    if (made?.kind !== "package" || made.module !== "encore.dev/service") return [];
    const { path } = call.fn.file;
    const folder = path.slice(0, path.lastIndexOf("/") + 1);
    return originsOfArgument(call, 1, queries).flatMap((options) =>
      propertyItems(options, "middlewares", queries).map((item) => middlewareOf(item, folder, queries)),
    );
  });
}

function middlewareOf({ origin, site }: Item, folder: string, queries: LinkQueries): ServiceMiddleware {
  const made: Site | null = origin.kind === "package" ? origin.site : null;
  const body = made === null ? null : functionArgument(made, queries);
  const target = made === null ? undefined : targetOf(made, queries);
  const auth = property(target, "auth", queries);
  const wanted = auth?.kind === "constant" ? auth.value : undefined;
  return {
    covers: (file, demanded) => file.startsWith(folder) && (wanted === undefined || wanted === demanded),
    step: {
      name: pathText(site.fn, site.v) || "middleware",
      kind: "middleware",
      place: firstLineOf(site.fn, site.fn.start(site.v) < 0 ? site.fn.ownPlace : site.fn.place(site.v)),
      origin: body ?? unknown("middleware"),
      given: (context) => [[requestOrigin("express", context)], [nextOrigin(context)]],
      continuation: "calls-next",
      condition: "",
    },
  };
}

/** `middleware({ target: { auth: true } }, …)` */
function targetOf(made: Site, queries: LinkQueries): Origin | undefined {
  const [options] = originsOfArgument(made, 0, queries);
  return property(options, "target", queries);
}
