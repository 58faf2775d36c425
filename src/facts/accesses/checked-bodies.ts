/** Steps of the project's own that hold the body against a schema which refuses what it does not list. */
import type { RawEntry } from "../../frameworks/routing.js";
import type { Frame, LinkQueries, Origin, PackageOrigin } from "../../program/values/origin.js";

const CHECKS = /valid|schema|check|parse/i;
const MAX_FRAMES = 4;
/** it refuses what a schema does not list, unless it is told otherwise */
const REFUSES_OTHERS = /^(?:joi|@hapi\/joi|celebrate)$/;

/** `validate({ body: Joi.object().keys({ … }) })`, `validate(Joi.object({ … }))` before the handler. */
export function schemaOfStep({ steps }: RawEntry, queries: LinkQueries): PackageOrigin | null {
  for (const { name, origin, condition } of steps) {
    if (condition !== "" || !CHECKS.test(name)) continue;
    const found = origin.kind === "function" ? ofFrames(origin.frame, queries) : ofMaker(origin, queries);
    if (found !== null) return found;
  }
  return null;
}

/** What the function that made the step was told. */
function ofFrames(frame: Frame | null, queries: LinkQueries): PackageOrigin | null {
  let current = frame;
  for (let i = 0; i < MAX_FRAMES && current !== null; i += 1) {
    const { site } = current;
    if (site !== null) {
      const { fn, frame: around } = site;
      for (const v of fn.args(site.v)) {
        const found = bodySchema(queries.evaluate({ fn, v, frame: around }), queries);
        if (found !== null) return found;
      }
    }
    current = current.lexical;
  }
  return null;
}

/** `celebrate({ body: Joi.object({ … }) })` */
function ofMaker(origin: Origin, queries: LinkQueries): PackageOrigin | null {
  if (origin.kind !== "package" || origin.site === null || !REFUSES_OTHERS.test(origin.module)) return null;
  const { fn, v, frame } = origin.site;
  for (const arg of fn.args(v)) {
    const found = bodySchema(queries.evaluate({ fn, v: arg, frame }), queries);
    if (found !== null) return found;
  }
  return null;
}

function bodySchema(given: readonly Origin[], queries: LinkQueries): PackageOrigin | null {
  const inside = given.flatMap((o) =>
    o.kind === "literal" && o.form === "object" ? [...queries.project(o, ["body"])] : [o],
  );
  return inside.find((o): o is PackageOrigin => o.kind === "package" && REFUSES_OTHERS.test(o.module)) ?? null;
}
