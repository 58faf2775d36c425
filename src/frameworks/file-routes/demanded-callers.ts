/**
 * What a factory of routes asks of the caller by the schema that a route hands over beside its handler:
 * `createRoute({ request: object({ auth: object({ user: user.required() }), body }), handler })`. The client sends body
 * and query; who calls stands beside them, so the server put it there, and whoever lacks it does not fit.
 */
import { PropKind } from "../../model/lowered.js";
import type { Place } from "../../model/place.js";
import type { LinkQueries, Origin, PackageOrigin, Site } from "../../program/values/origin.js";

export interface CallerDemand {
  readonly name: string;
  readonly place: Place;
  /** it must be known who it is, beyond that somebody may ask at all */
  readonly person: boolean;
  /** it is a service that has a key, or one that the code names: not one of the tenants' people */
  readonly machine: boolean;
  /** kinds of callers that are let in, null when the schema lists none */
  readonly kinds: readonly string[] | null;
}

interface Field {
  readonly origins: readonly Origin[];
  readonly site: Site;
}

const REQUEST_PART = /^(?:body|query|params|headers|method|url|path|cookies|files?|searchParams)$/;
const CALLER = /^(?:auth|caller|identity|principal|session|user|viewer|actor|account)$/i;
const PERSON =
  /^(?:auth|caller|identity|principal|session|user|viewer|actor|account|person|member|sub|uid)(?:_?id)?$|^refresh_?token_?id$/i;
const KIND = /^(?:type|kind|role|level|access|scope|permission)s?$|_?(?:role|type|level)$/i;
const OBJECT = /(?:object|shape|keys|extend|concat|merge)\(\)$/i;
const LISTS_KINDS = /(?:oneOf|enum|equals|valid|literal|picklist|nativeEnum|values?)\(\)$/i;
const CREDENTIAL = /^(?:authorization|cookie|x-auth)$|key$|token|secret|signature/i;
const TESTS = /(?:^|\.)(?:test|refine|superRefine|custom|external|check)\(\)$/;
const LEAVES_OUT = /(?:^|\.)(?:optional|nullable|nullish|notRequired|default|catch|exactOptional|allow|partial)\(\)$/;
const DEMANDS = /(?:^|\.)(?:defined|required|nonNullable|nonoptional|exist)\(\)$/;
/** in these whatever is listed must be there */
const DEMANDING_PACKAGE = /^(?:zod|valibot|arktype|superstruct|@sinclair\/typebox)(?:$|\/)/;

/** a schema may stand within itself */
const MAX_DEPTH = 6;

/** What the schemas among the options demand of the caller; null when none speaks of one. */
export function demandedCaller(options: Origin, queries: LinkQueries): CallerDemand | null {
  for (const [key, schema] of fieldsOf([options], queries) ?? []) {
    const parts = fieldsOf(schema.origins, queries);
    if (parts === null) continue;
    if (key !== "request" && ![...parts.keys()].some((name) => REQUEST_PART.test(name))) continue;
    const tested = testedCredential(parts.get("headers"), queries);
    if (tested !== null) return tested;
    for (const [name, field] of parts) {
      if (!CALLER.test(name) || !isDemanded(field.origins, queries)) continue;
      return { name, place: field.site.fn.place(field.site.v), ...askedOf(field, queries) };
    }
  }
  return null;
}

/** `headers: object({ authorization: string().test("a client of ours", isClient).required() })` */
function testedCredential(headers: Field | undefined, queries: LinkQueries): CallerDemand | null {
  const fields = headers === undefined ? null : fieldsOf(headers.origins, queries);
  for (const [name, { origins, site }] of fields ?? []) {
    if (!CREDENTIAL.test(name) || !isDemanded(origins, queries) || !isTested(origins, queries, 0)) continue;
    return { name: `headers.${name}`, place: site.fn.place(site.v), person: false, machine: true, kinds: null };
  }
  return null;
}

/** Also within the list that the values of a header are. */
function isTested(origins: readonly Origin[], queries: LinkQueries, depth: number): boolean {
  return origins.flatMap(stepsOf).some(({ path, site }) => {
    if (TESTS.test(path)) return true;
    if (site === null || depth > 2) return false;
    const within = argumentsOf(site, queries).flatMap((o) =>
      o.kind === "literal" && o.form === "array" ? [...queries.project(o, ["[]"])] : [o],
    );
    return isTested(within, queries, depth + 1);
  });
}

function askedOf({ origins }: Field, queries: LinkQueries): Pick<CallerDemand, "person" | "machine" | "kinds"> {
  const fields = fieldsOf(origins, queries);
  if (fields === null) return { person: true, machine: false, kinds: null };
  const kinds = [...fields].flatMap(([name, field]) =>
    KIND.test(name) ? (kindsOf(field.origins, queries) ?? []) : [],
  );
  const person = [...fields].some(([name, field]) => PERSON.test(name) && isDemanded(field.origins, queries));
  // people of the service's own tenant are still people
  const machine = !person && [...fields].some(([name, field]) => !KIND.test(name) && isNamedInCode(field, queries));
  return { person, machine, kinds: kinds.length === 0 ? null : kinds };
}

/** `project: object({ id: string().oneOf(["internal"]) })`: one that the service has for itself. */
function isNamedInCode({ origins }: Field, queries: LinkQueries): boolean {
  const id = fieldsOf(origins, queries)?.get("id");
  return id !== undefined && isDemanded(id.origins, queries) && kindsOf(id.origins, queries)?.length === 1;
}

/** `string().oneOf(["admin"])`: what is let in. */
function kindsOf(origins: readonly Origin[], queries: LinkQueries): readonly string[] | null {
  const lists = origins.flatMap(stepsOf).filter(({ path }) => LISTS_KINDS.test(path));
  const texts = lists.flatMap(({ site }) =>
    site === null
      ? []
      : argumentsOf(site, queries).flatMap((o) => (o.kind === "literal" ? [...queries.project(o, ["[]"])] : [o])),
  );
  const named = texts.flatMap((o) => (o.kind === "constant" && typeof o.value === "string" ? [o.value] : []));
  return named.length === 0 || named.length !== texts.length ? null : named;
}

/** Members of an object that is written out, or of what a schema says of one. */
function fieldsOf(origins: readonly Origin[], queries: LinkQueries, depth = 0): ReadonlyMap<string, Field> | null {
  const [only, ...others] = origins;
  if (only === undefined || others.length > 0 || depth > MAX_DEPTH) return null;
  const written =
    only.kind === "literal"
      ? [only]
      : stepsOf(only).flatMap(({ path, site }) =>
          site === null || !OBJECT.test(path) ? [] : argumentsOf(site, queries).slice(0, 1),
        );
  const found = new Map<string, Field>();
  for (const one of written) {
    // `a.concat(object({ … }))`
    const inner = one.kind === "package" ? fieldsOf([one], queries, depth + 1) : null;
    for (const [name, field] of inner ?? []) found.set(name, field);
    if (one.kind !== "literal" || one.form !== "object") continue;
    const { fn, v, frame } = one.site;
    for (const prop of fn.props(v)) {
      if (prop.kind !== PropKind.Named) continue;
      const site = { fn, v: prop.value, frame };
      found.set(prop.name, { origins: queries.evaluate(site), site });
    }
  }
  return found.size === 0 ? null : found;
}

function isDemanded(origins: readonly Origin[], queries: LinkQueries, depth = 0): boolean {
  const [only, ...others] = origins;
  if (only?.kind !== "package" || others.length > 0 || depth > MAX_DEPTH) return false;
  const steps = stepsOf(only).map(({ path }) => path);
  const decisive = steps.filter((path) => LEAVES_OUT.test(path) || DEMANDS.test(path)).at(-1);
  if (steps.some((path) => /(?:nullable|nullish)\(\)$/.test(path))) return false;
  if (decisive !== undefined) return DEMANDS.test(decisive);
  if (DEMANDING_PACKAGE.test(only.module)) return true;
  // an object is there by default, and what must stand in it is missing then
  return [...(fieldsOf(origins, queries)?.values() ?? [])].some((one) => isDemanded(one.origins, queries, depth + 1));
}

/** The calls that a schema was made with, the first one first. */
function stepsOf(origin: Origin): readonly PackageOrigin[] {
  const steps: PackageOrigin[] = [];
  for (let step = origin.kind === "package" ? origin : null; step !== null; step = step.previous)
    if (step.site !== null) steps.unshift(step);
  return steps;
}

/** Also where a function of the project hands its own arguments on: `object(...args)`. */
function argumentsOf({ fn, v, frame }: Site, queries: LinkQueries): readonly Origin[] {
  return Array.from(fn.args(v)).flatMap((arg) => {
    const given = queries.evaluate({ fn, v: arg, frame });
    return given.flatMap((o) => (o.kind === "derived" && o.rest !== undefined ? o.rest.known.flat() : [o]));
  });
}
