/** The manifest that `authgap init` writes: what the scan inferred, each line with its evidence, for review. */
import { codeReference } from "../base/code-reference.js";
import { byText } from "../base/path.js";
import type { EntryPoint, Facts, GuardDefinition } from "../model/facts.js";
import type { LocatedPlace, Place } from "../model/place.js";
import { discoverPolicyLayer, policyFolder } from "./match.js";
import { compareSpecificity, compileRoute, matchesEntry, sameShape } from "./route-pattern.js";

export type Locate = (place: Place) => LocatedPlace;

/** Packages that sign callers in → how the manifest calls the provider. */
const PROVIDERS: readonly (readonly [RegExp, string])[] = [
  [/workos|authkit/, "workos-authkit"],
  [/clerk/, "clerk"],
  [/auth0|express-oauth2-jwt-bearer/, "auth0"],
  [/next-auth|@auth\//, "next-auth"],
  [/better-auth/, "better-auth"],
  [/supabase/, "supabase"],
  [/firebase/, "firebase"],
  [/lucia/, "lucia"],
  [/keycloak/, "keycloak"],
  [/okta/, "okta"],
  [/cognito|aws-jwt-verify/, "cognito"],
  [/passport/, "passport"],
];

/** A JSON text is a YAML text, whatever characters the source put into the name. */
function quoted(text: string): string {
  return JSON.stringify(text);
}

/** Line breaks in file names must not end the comment. */
function remark(text: string): string {
  return `  # ${oneLine(text)}`;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ");
}

class Draft {
  readonly #locate: Locate;

  constructor(
    readonly facts: Facts,
    locate: Locate,
  ) {
    this.#locate = locate;
  }

  evidence(place: Place | null): string {
    if (place === null) return remark("inferred: review");
    const { file, region } = this.#locate(place);
    return remark(`inferred: ${file}:${region.startLine}, review`);
  }

  identity(): string[] {
    const names = [
      ...this.facts.guards
        .map((guard) => codeReference(guard.symbol))
        .flatMap(({ source, isFile }) => (isFile ? [] : source)),
      ...this.facts.tokenVerifications.map((verification) => verification.library),
    ];
    for (const name of names) {
      const provider = PROVIDERS.find(([pattern]) => pattern.test(name))?.[1];
      if (provider === undefined) continue;
      const lines = ["identity:", `  provider: ${quoted(provider)}${remark(`inferred: ${name}, review`)}`];
      return [...lines, "  # Say where the control boundary lies and who owns it:", ...CONTROLS];
    }
    return ["# No identity provider was recognised.", "# identity:", "#   provider: …", ...CONTROLS];
  }

  guards(): string[] {
    const known = (guard: GuardDefinition): boolean =>
      guard.grants !== "unknown" && (this.facts.symbols.has(guard.symbol) || !codeReference(guard.symbol).isFile);
    const guards = this.facts.guards.filter((guard) => guard.grants !== "neutral" && known(guard));
    if (guards.length === 0) return ["# No guard was recognised.", "# guards:", EXAMPLE_GUARD];
    const unique = new Map(guards.map((guard) => [guard.symbol, guard]));
    const lines = [...unique.values()]
      .sort((a, b) => b.uses - a.uses || byText(a.symbol, b.symbol))
      .map(({ symbol, grants, place }) => `  - { use: ${quoted(symbol)}, grants: ${grants} }${this.evidence(place)}`);
    return ["guards:", ...lines];
  }

  /** Folders where they are named like a policy layer, single files else. */
  policyLayer(): string[] {
    const isLayer = discoverPolicyLayer(this.facts);
    const globs = this.facts.files.filter(isLayer).map((file) => {
      const folder = policyFolder(file);
      return folder === "" ? globSafe(file) : `${globSafe(folder)}/**`;
    });
    if (globs.length === 0) return ["# Files in which decisions may be taken:", '# policyLayer: ["src/policy/**"]'];
    const unique = [...new Set(globs)].sort(byText);
    return ["policyLayer:", ...unique.map((glob) => `  - ${quoted(glob)}${remark("inferred: review")}`)];
  }

  routes(): string[] {
    const decided = this.facts.entries.filter((entry) => entry.protection.decision).length;
    const count = this.facts.entries.length;
    const lines = [
      "routes:",
      `  # ${decided} of ${count} entry points take a decision; add 'decision' when all of them should.`,
      "  default: { require: [authentication] }",
    ];
    const open = this.facts.entries.filter((entry) => entry.intent !== null);
    if (open.length === 0) return lines;
    const rules = [...new Set([...open].sort(inOrder).map((entry) => this.publicRule(entry)))];
    const closed = shadowed(this.facts.entries, open).sort(inOrder);
    const guards = closed.map((entry) => {
      const why = "is not public, and a rule above would match it";
      return `    - { match: ${quoted(entry.key)}, require: [authentication] }${remark(`review: ${why}`)}`;
    });
    return [...lines, "  rules:", ...rules, ...new Set(guards)];
  }

  publicRule(entry: EntryPoint): string {
    const reason = entry.intent?.reason.trim() ?? "";
    const why = quoted(reason === "" ? "open in the code" : reason);
    // in a repository of several services the same route may be open in one and closed in another
    const pattern = compileRoute(entry.key);
    const twin = this.facts.entries.some(
      (other) => other.intent === null && sameShape(compileRoute(other.key), pattern),
    );
    const within = twin ? `, in: ${quoted(globSafe(entry.place.file))}` : "";
    const rule = `{ match: ${quoted(entry.key)}${within}, public: true, reason: ${why}, owner: unassigned }`;
    return `    - ${rule}${this.evidence(entry.intent?.place ?? entry.registration)}`;
  }

  tenancy(): string[] {
    const { tenantKeys, ownerKeys, scopings } = this.facts.tenancy;
    const models = new Map(this.facts.models.map((model) => [model.name, model]));
    const lines: string[] = [];
    const list = (name: string, values: readonly string[]): void => {
      const items = [...new Set(values)].filter((value) => value.trim() !== "").sort(byText);
      if (items.length > 0) lines.push(`  ${name}: [${items.map(quoted).join(", ")}]${remark("inferred: review")}`);
    };
    list("keys", tenantKeys);
    list("ownerKeys", ownerKeys);
    list("sources", this.sources());
    const global = [...new Set(scopings.filter((scoping) => scoping.kind === "global").map((one) => one.model))];
    const known = global.filter((name) => models.has(name)).sort(byText);
    if (known.length > 0) {
      lines.push("  global:");
      for (const name of known) lines.push(`    - ${quoted(name)}${this.evidence(models.get(name)?.place ?? null)}`);
    }
    if (lines.length === 0) return ["# No tenant key was recognised.", "# tenancy:", "#   keys: [orgId]"];
    return ["tenancy:", ...lines];
  }

  /** Where the caller's tenant comes from, as far as bound queries show it. */
  sources(): readonly string[] {
    const keys = new Set(this.facts.tenancy.tenantKeys);
    const conjuncts = this.facts.accesses.flatMap((access) => access.conjuncts);
    return conjuncts
      .filter((conjunct) => keys.has(normalised(conjunct.column)))
      .flatMap((conjunct) => conjunct.values)
      .filter((value) => value.source === "identity" && value.path !== "")
      .map((value) => value.path);
  }

  models(): string[] {
    const { root, memberships } = this.facts.tenancy;
    const lines = [
      "# What the code alone cannot tell about a model:",
      "# models:",
      "#   Invoice: { enforcedBy: [src/billing/query.ts#buildWhere], write: { require: [decision] } }",
    ];
    if (root !== "") lines.unshift(`# ${oneLine(`inferred: the tenant is '${root}', review`)}`);
    if (memberships.length > 0)
      lines.unshift(`# ${oneLine(`inferred: memberships are in '${memberships.join("', '")}', review`)}`);
    return lines;
  }
}

const CONTROLS = [
  "#   controls:",
  "#     signIn:          { at: src/auth/callback.ts, owner: … }",
  "#     tokenValidation: { at: src/auth/verify.ts#verifyToken, owner: … }",
];

const EXAMPLE_GUARD = "#   - { use: src/auth/guards.ts#requireUser, grants: authentication }";

function normalised(column: string): string {
  return column
    .slice(column.lastIndexOf(".") + 1)
    .replaceAll("_", "")
    .toLowerCase();
}

/** A file name that holds wildcard characters, as routes of pages do, taken literally. */
function globSafe(file: string): string {
  return file.replace(/[[\](){}*?!+@]/g, "?");
}

function inOrder(a: EntryPoint, b: EntryPoint): number {
  return byText(a.key, b.key) || byText(a.place.file, b.place.file) || a.place.start - b.place.start;
}

/** Entries that are not meant to be open, although a public rule for another entry would match them. */
function shadowed(entries: readonly EntryPoint[], open: readonly EntryPoint[]): EntryPoint[] {
  const patterns = open.map((entry) => compileRoute(entry.key));
  return entries.filter((entry) => {
    if (entry.intent !== null) return false;
    const own = compileRoute(entry.key);
    return patterns.some((pattern) => matchesEntry(pattern, entry) && compareSpecificity(own, pattern) > 0);
  });
}

/**
 * Writes a draft manifest from what a scan found. The reader accepts it, and the next scan finds no drift in it apart
 * from the owners that are still to be named.
 *
 * @param facts of a scan of the whole project
 * @param locate line and column of a place
 * @returns YAML text with comments and a final newline; the same facts give the same text
 */
export function draftManifest(facts: Facts, locate: Locate): string {
  const draft = new Draft(facts, locate);
  const head = [
    "# Policy manifest, drafted from the code. Every line marked 'inferred' is a guess: confirm it or correct it.",
    "version: 1",
  ];
  const sections = [
    head,
    draft.identity(),
    draft.guards(),
    draft.policyLayer(),
    draft.routes(),
    draft.tenancy(),
    draft.models(),
  ];
  return `${sections.map((lines) => lines.join("\n")).join("\n\n")}\n`;
}
