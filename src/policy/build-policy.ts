/** One validated manifest, and what it extends, turned into a policy. */
import type { LocatedPlace } from "../model/place.js";
import type { Policy, PolicyControl, PolicyReference, TokenPolicy } from "../model/policy.js";
import type { Manifest } from "./definition.js";
import { findLoosenings } from "./loosening.js";
import type { ParsedManifest } from "./parse-manifest.js";

type PlaceOf = ParsedManifest["placeOf"];

function controlsOf(parsed: ParsedManifest, parent: Policy): readonly PolicyControl[] {
  const own = parsed.manifest.identity?.controls ?? {};
  const names = ["signIn", "sessionIssuance", "tokenValidation", "keyRotation"] as const;
  return names.flatMap((name) => {
    const inherited = parent.controls.find((control) => control.name === name);
    const written = own[name];
    if (written === undefined) return inherited === undefined ? [] : [inherited];
    return [
      {
        name,
        at: written.at ?? inherited?.at ?? "",
        owner: written.owner ?? inherited?.owner ?? "",
        declaredAt: parsed.placeOf(["identity", "controls", name]),
      },
    ];
  });
}

function tokensOf(manifest: Manifest, parent: Policy): TokenPolicy | null {
  const own = manifest.identity?.tokens;
  if (own === undefined) return parent.tokens;
  return {
    issuer: own.issuer ?? parent.tokens?.issuer ?? "optional",
    audience: own.audience ?? parent.tokens?.audience ?? "optional",
    algorithms: own.algorithms ?? parent.tokens?.algorithms ?? [],
    requiredClaims: own.requiredClaims ?? parent.tokens?.requiredClaims ?? [],
  };
}

/** The nearer entry replaces the inherited one of the same name; the others are kept. */
function override<T>(inherited: readonly T[], own: readonly T[], nameOf: (item: T) => string): readonly T[] {
  const names = new Set(own.map(nameOf));
  return [...inherited.filter((item) => !names.has(nameOf(item))), ...own];
}

function union(inherited: readonly string[], own: readonly string[] | undefined): readonly string[] {
  return [...new Set([...inherited, ...(own ?? [])])];
}

function tenancyOf(parsed: ParsedManifest, parent: Policy): Policy["tenancy"] {
  const own = parsed.manifest.tenancy;
  const at = (key: string, index: number): LocatedPlace => parsed.placeOf(["tenancy", key, index]);
  const global = (own?.global ?? []).map((name, index) => ({ name, at: at("global", index) }));
  const enforcedBy = (own?.enforcedBy ?? []).map((use, index) => ({ use, at: at("enforcedBy", index) }));
  return {
    keys: union(parent.tenancy.keys, own?.keys),
    ownerKeys: union(parent.tenancy.ownerKeys, own?.ownerKeys),
    sources: union(parent.tenancy.sources, own?.sources),
    global: override(parent.tenancy.global, global, (item) => item.name),
    enforcedBy: override(parent.tenancy.enforcedBy, enforcedBy, (item) => item.use),
  };
}

function referencesOf({ manifest, placeOf }: ParsedManifest): readonly PolicyReference[] {
  const found: PolicyReference[] = [];
  const add = (kind: PolicyReference["kind"], text: string | undefined, path: readonly (string | number)[]): void => {
    if (text === undefined || text === "") return;
    const where = path.reduce<string>((so, part) => {
      if (typeof part === "number") return `${so}[${part}]`;
      return so === "" ? part : `${so}.${part}`;
    }, "");
    found.push({ kind, text, where, at: placeOf(path) });
  };
  for (const [name, control] of Object.entries(manifest.identity?.controls ?? {})) {
    add("code", control.at, ["identity", "controls", name, "at"]);
  }
  for (const [i, guard] of (manifest.guards ?? []).entries()) add("code", guard.use, ["guards", i, "use"]);
  for (const [i, glob] of (manifest.policyLayer ?? []).entries()) add("files", glob, ["policyLayer", i]);
  for (const [i, name] of (manifest.tenancy?.global ?? []).entries()) add("model", name, ["tenancy", "global", i]);
  for (const [i, rule] of (manifest.routes?.rules ?? []).entries()) add("files", rule.in, ["routes", "rules", i, "in"]);
  for (const [i, use] of (manifest.tenancy?.enforcedBy ?? []).entries()) add("code", use, ["tenancy", "enforcedBy", i]);
  for (const [name, model] of Object.entries(manifest.models ?? {})) {
    add("model", name, ["models", name]);
    for (const [i, use] of (model.enforcedBy ?? []).entries()) add("code", use, ["models", name, "enforcedBy", i]);
  }
  add("column", manifest.privileges?.column, ["privileges", "column"]);
  add("code", manifest.impersonation?.at, ["impersonation", "at"]);
  add("code", manifest.setup?.until, ["setup", "until"]);
  for (const [i, bypass] of (manifest.bypasses ?? []).entries()) add("code", bypass.at, ["bypasses", i, "at"]);
  return found;
}

function routesOf(manifest: Manifest, placeOf: PlaceOf, fallback: Policy["defaultRequire"]): Policy["routes"] {
  return (manifest.routes?.rules ?? []).map((rule, index) => ({
    match: rule.match,
    in: rule.in ?? "",
    public: rule.public ?? false,
    require: rule.public === true ? [] : (rule.require ?? fallback),
    roles: rule.roles ?? [],
    ...(rule.tests === undefined ? {} : { tests: rule.tests }),
    reason: rule.reason ?? "",
    owner: rule.owner ?? "",
    expires: rule.expires ?? "",
    at: placeOf(["routes", "rules", index]),
  }));
}

function modelsOf({ manifest, placeOf }: ParsedManifest): Policy["models"] {
  return Object.entries(manifest.models ?? {}).map(([name, model]) => ({
    name,
    enforcedBy: model.enforcedBy ?? [],
    write: model.write === undefined ? null : { require: model.write.require ?? [], roles: model.write.roles ?? [] },
    at: placeOf(["models", name]),
  }));
}

/** What the manifest accepts: code that may skip checks, and findings that are to be ignored. */
function toleratedBy({ manifest, placeOf }: ParsedManifest): Pick<Policy, "bypasses" | "exceptions"> {
  const bypasses = (manifest.bypasses ?? []).map(({ at, reason, owner, expires = "" }, index) => ({
    use: at,
    reason,
    owner,
    expires,
    at: placeOf(["bypasses", index]),
  }));
  const exceptions = (manifest.exceptions ?? []).map(({ rule, subject, reason, owner, expires = "" }, index) => ({
    rule,
    subject,
    reason,
    owner,
    expires,
    at: placeOf(["exceptions", index]),
  }));
  return { bypasses, exceptions };
}

/**
 * Lays one manifest over what it extends: lists grow, single values and entries of the same name are replaced by the
 * nearer ones, and everything by which the nearer manifest demands less is recorded.
 *
 * @param parent the merged policy of everything that is extended, or the default policy
 * @param parsed the nearer manifest
 * @returns the policy in force; `file` is that of the nearer manifest
 */
export function buildPolicy(parent: Policy, parsed: ParsedManifest): Policy {
  const { manifest, placeOf, file } = parsed;
  const defaultRequire = manifest.routes?.default?.require ?? parent.defaultRequire;
  const guards = (manifest.guards ?? []).map(({ use, grants }, i) => ({ use, grants, at: placeOf(["guards", i]) }));
  const tolerated = toleratedBy(parsed);
  const { impersonation, privileges } = manifest;
  return {
    file,
    provider: manifest.identity?.provider ?? parent.provider,
    controls: controlsOf(parsed, parent),
    tokens: tokensOf(manifest, parent),
    guards: override(parent.guards, guards, (guard) => guard.use),
    policyLayer: union(parent.policyLayer, manifest.policyLayer),
    defaultRequire,
    defaultTests: manifest.routes?.default?.tests ?? parent.defaultTests ?? [],
    defaultDeclared: parent.defaultDeclared || manifest.routes?.default !== undefined,
    routes: [...parent.routes, ...routesOf(manifest, placeOf, defaultRequire)],
    tenancy: tenancyOf(parsed, parent),
    models: override(parent.models, modelsOf(parsed), (model) => model.name),
    privileges: privileges === undefined ? parent.privileges : { ...privileges, at: placeOf(["privileges"]) },
    impersonation:
      impersonation === undefined
        ? parent.impersonation
        : { use: impersonation.at, allow: impersonation.allow, at: placeOf(["impersonation"]) },
    setupUntil: manifest.setup?.until ?? parent.setupUntil,
    bypasses: [...parent.bypasses, ...tolerated.bypasses],
    exceptions: [...parent.exceptions, ...tolerated.exceptions],
    rules: { ...parent.rules, ...manifest.rules },
    loosenings: parent.file === "" ? [] : [...parent.loosenings, ...findLoosenings(parent, parsed)],
    references: [...parent.references, ...referencesOf(parsed)],
  };
}
