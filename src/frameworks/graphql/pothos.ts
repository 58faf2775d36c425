/** Pothos: fields made by calls on a builder, with the scopes that the auth plug-in demands for them. */
import { NONE, Op } from "../../model/lowered.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { type LinkQueries, type Origin, type PackageOrigin, type Site, unknown } from "../../program/values/origin.js";
import { property, textOf } from "../classes/values.js";
import { firstLineOf, headOfFunction, lastName, originsOfArgument } from "../procedures/builder-chain.js";
import type { AdapterInput, RawFault, RawStep } from "../routing.js";
import { queriedArguments, resolverArguments, type SchemaField } from "./fields.js";
import { ScopeReader } from "./pothos-scopes.js";

const MODULE = "@pothos/core";
/** Methods of the builder, with the type whose fields they make; '' when their first argument names it. */
const METHODS: Readonly<Record<string, string>> = {
  queryField: "Query",
  queryFields: "Query",
  queryType: "Query",
  mutationField: "Mutation",
  mutationFields: "Mutation",
  mutationType: "Mutation",
  subscriptionField: "Subscription",
  subscriptionFields: "Subscription",
  subscriptionType: "Subscription",
  objectType: "",
  objectField: "",
  objectFields: "",
  prismaObject: "",
  prismaNode: "",
  prismaObjectField: "",
  prismaObjectFields: "",
  drizzleObject: "",
  drizzleNode: "",
  interfaceType: "",
  node: "",
};
/** Makers of fields on a data layer's type put its query before the other arguments. */
const QUERIED = /^(?:prisma|drizzle)(?:Field|FieldWithInput|Connection)$/;

interface FieldCall {
  readonly name: string;
  /** the call that makes the field */
  readonly site: Site;
}

interface Made {
  readonly fields: readonly SchemaField[];
  readonly faults: readonly RawFault[];
}

/** The fields of all builders of the program. */
export function pothosFields(input: AdapterInput, before: (file: string) => readonly RawStep[]): Made {
  const { index, queries } = input;
  if (!index.imports(MODULE)) return { fields: [], faults: [] };
  const scopes = new ScopeReader(queries);
  const fields = Object.keys(METHODS).flatMap((method) =>
    index.callsOfMember(method).flatMap((call) => {
      const builder = builderOf(call, queries);
      return builder === null ? [] : fieldsOf(call, method, builder, scopes, before, queries);
    }),
  );
  return { fields, faults: scopes.faults };
}

/** The `new SchemaBuilder(…)` on which a method is called. */
function builderOf(call: Site, queries: LinkQueries): PackageOrigin | null {
  const callee = call.fn.callee(call.v);
  for (const origin of queries.evaluate({ ...call, v: call.fn.a(callee) })) {
    if (origin.kind === "package" && origin.module === MODULE) return origin;
  }
  return null;
}

function fieldsOf(
  call: Site,
  method: string,
  builder: PackageOrigin,
  scopes: ScopeReader,
  before: (file: string) => readonly RawStep[],
  queries: LinkQueries,
): readonly SchemaField[] {
  const operations = METHODS[method] !== "";
  const type = operations ? METHODS[method] : typeName(call, queries);
  const typeOptions = /Type$|Object$|[nN]ode$/.test(method) ? lastOptions(call, queries) : undefined;
  const onType = scopes.stepsOf(property(typeOptions, "authScopes", queries), builder, call);
  return fieldCalls(call, method, queries).flatMap(({ name, site }): readonly SchemaField[] => {
    const options = lastOptions(site, queries);
    const resolve = resolverOf(options, queries);
    if (resolve === null) return [];
    const maker = lastMember(site.fn, site.v);
    const own = scopes.ofField(site, options, builder);
    const { file } = site.fn;
    const registration = firstLineOf(site.fn, site.fn.place(site.v));
    const skips = isTrue(property(options, "skipTypeScopes", queries));
    return [
      {
        framework: "pothos",
        type,
        name,
        handler: resolve,
        given: QUERIED.test(maker) ? queriedArguments : resolverArguments,
        place: resolve.kind === "function" ? headOfFunction(resolve.fn) : registration,
        registration,
        steps: [...before(file.path), ...(skips ? [] : onType), ...own],
        group: `${file.path}#${type}`,
        incomplete: "",
      },
    ];
  });
}

/** The first argument: a text, a class, a reference made elsewhere. */
function typeName(call: Site, queries: LinkQueries): string {
  const [first] = originsOfArgument(call, 0, queries);
  const named = textOf(first);
  if (named !== null) return named;
  if (first?.kind === "class") return first.file.lowered.classes[first.index].name;
  if (first?.kind === "package" && first.site !== null)
    return textOf(originsOfArgument(first.site, 0, queries)[0]) ?? "";
  return "Object";
}

/** Every field that the call makes: one, or those of the object that its callback returns. */
function fieldCalls(call: Site, method: string, queries: LinkQueries): readonly FieldCall[] {
  if (/Field$/.test(method)) {
    const position = METHODS[method] === "" ? 1 : 0;
    const name = textOf(originsOfArgument(call, position, queries)[0]) ?? "";
    return callbacks(originsOfArgument(call, position + 1, queries)).flatMap((fn) =>
      returned(fn).map((v) => ({ name, site: { fn, v, frame: null } })),
    );
  }
  const made = /Fields$/.test(method)
    ? [...originsOfArgument(call, 0, queries), ...originsOfArgument(call, 1, queries)]
    : [property(lastOptions(call, queries), "fields", queries)].filter((o) => o !== undefined);
  return callbacks(made).flatMap((fn) =>
    returned(fn).flatMap((v) =>
      fn.op(v) !== Op.Object
        ? []
        : [...fn.props(v)].flatMap((prop) =>
            prop.name === "" || fn.op(prop.value) !== Op.Call
              ? []
              : [{ name: prop.name, site: { fn, v: prop.value, frame: null } }],
          ),
    ),
  );
}

function callbacks(origins: readonly Origin[]): readonly FunctionView[] {
  return origins.flatMap((o) => (o.kind === "function" ? [o.fn] : []));
}

function returned(fn: FunctionView): readonly number[] {
  return Array.from(fn.returns, (row) => fn.a(row)).filter((v) => v !== NONE);
}

/** The object among the arguments of a call: its options stand last. */
function lastOptions(call: Site, queries: LinkQueries): Origin | undefined {
  const count = call.fn.op(call.v) === Op.Call ? call.fn.args(call.v).length : 0;
  for (let i = count - 1; i >= 0; i -= 1) {
    const found = originsOfArgument(call, i, queries).find((o) => o.kind === "literal" && o.form === "object");
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Who subscribes is decided in `subscribe`; fields that only expose a column resolve nothing. */
function resolverOf(options: Origin | undefined, queries: LinkQueries): Origin | null {
  for (const name of ["subscribe", "resolve"]) {
    const found = property(options, name, queries);
    if (found !== undefined) return found.kind === "function" ? found : unknown("resolver could not be read");
  }
  return null;
}

function isTrue(origin: Origin | undefined): boolean {
  return origin?.kind === "constant" && origin.value === true;
}

/** `prismaField` of `t.prismaField(…)`. */
function lastMember(fn: FunctionView, v: number): string {
  return fn.op(v) === Op.Call ? lastName(fn.memberName(fn.callee(v))) : "";
}
