/**
 * Authentication that the code calls optional is a statement of intent: whoever reads there is welcome without it.
 * Where all that such reads touch belongs to single people, and to no tenant, it is content that they publish.
 */
import type { Scoping, TenancyModel } from "../../model/data-model.js";
import type { Access, EntryPoint, PublicIntent, Step } from "../../model/facts.js";
import type { Frame, LinkQueries, Origin } from "../../program/values/origin.js";

const OPTIONAL: Readonly<Record<string, readonly (string | boolean)[]>> = {
  optional: [true],
  isOptional: [true],
  allowAnonymous: [true],
  allowUnauthenticated: [true],
  passthrough: [true],
  required: [false],
  requireAuth: [false],
  authRequired: [false],
  credentialsRequired: [false],
  mode: ["try", "optional"],
};
const MAX_FRAMES = 6;

/** `auth({ optional: true })`: the call that made the step says that it lets everyone on. */
export function isCalledOptional(frame: Frame | null, queries: LinkQueries): boolean {
  let current = frame;
  for (let i = 0; i < MAX_FRAMES && current !== null; i += 1) {
    const { site } = current;
    if (site !== null && givesOption(site.fn.args(site.v), site, queries)) return true;
    current = current.lexical;
  }
  return false;
}

function givesOption(args: Int32Array, { fn, frame }: NonNullable<Frame["site"]>, queries: LinkQueries): boolean {
  return Array.from(args).some((v) => queries.evaluate({ fn, v, frame }).some((o) => saysOptional(o, queries)));
}

function saysOptional(options: Origin, queries: LinkQueries): boolean {
  if (options.kind !== "literal" || options.form !== "object") return false;
  return Object.entries(OPTIONAL).some(([name, values]) =>
    queries
      .project(options, [name])
      .some(
        (o) =>
          o.kind === "constant" &&
          (typeof o.value === "string" || typeof o.value === "boolean") &&
          values.includes(o.value),
      ),
  );
}

export interface PublishedContent {
  readonly entries: readonly EntryPoint[];
  /** models that such reads publish */
  readonly models: readonly string[];
}

/** Reads behind optional authentication, with the intent that it states, and the models that they publish. */
export function withOptionalIntent(
  entries: readonly EntryPoint[],
  accesses: readonly Access[],
  tenancy: TenancyModel,
): PublishedContent {
  const scopings = new Map(tenancy.scopings.map((scoping) => [scoping.model, scoping]));
  const models = new Set<string>();
  const settled = entries.map((entry, index) => {
    const step = optionalStep(entry);
    if (step === undefined) return entry;
    const open = openReads(entry, index, accesses);
    if (open === null || !open.every((model) => isPersonal(model, scopings, tenancy, 0))) return entry;
    for (const model of open) models.add(model);
    const intent: PublicIntent = {
      by: "marker",
      reason: `authentication is optional in '${step.name}'`,
      place: step.place,
    };
    return { ...entry, intent };
  });
  return { entries: settled, models: [...models].sort() };
}

function optionalStep(entry: EntryPoint): Step | undefined {
  const { authentication, decision, signature } = entry.protection;
  if (entry.intent !== null || authentication !== "attach" || decision || signature) return undefined;
  // what it shows is not in sight
  if (entry.accesses.length === 0) return undefined;
  if (entry.method !== "GET" && entry.method !== "HEAD" && entry.method !== "QUERY") return undefined;
  return entry.steps.find((step) => step.optional === true);
}

/** Models that it reads without a tie to the caller; null when it changes something. */
function openReads(entry: EntryPoint, index: number, accesses: readonly Access[]): readonly string[] | null {
  const found = new Set<string>();
  for (const at of entry.accesses) {
    const access = accesses[at];
    const reach = access?.reaches.find((one) => one.entry === index);
    if (access === undefined || reach === undefined) continue;
    if (access.operation !== "read") return null;
    if (reach.binding.verdict !== "bound" && reach.binding.verdict !== "not-scoped") found.add(access.model);
  }
  return [...found];
}

/** It belongs to people: no tenant's key leads to it. */
function isPersonal(
  model: string,
  scopings: ReadonlyMap<string, Scoping>,
  tenancy: TenancyModel,
  depth: number,
): boolean {
  if (model === "") return false;
  if (model === tenancy.user) return true;
  const scoping = scopings.get(model);
  if (scoping === undefined || scoping.kind === "global") return true;
  if (depth > MAX_FRAMES || scoping.kind === "root" || scoping.kind === "grant") return false;
  const parents = scoping.parents ?? [];
  const owned = scoping.kind !== "column" || scoping.columns.every((column) => column.role === "owner");
  return owned && parents.every((link) => link.model === model || isPersonal(link.model, scopings, tenancy, depth + 1));
}
