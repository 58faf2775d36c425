/** Areas of a service that administer its tenants: whoever is let in there by a privilege stands above all of them. */
import type { TenancyModel } from "../../model/data-model.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { Decision } from "../decisions/decisions.js";
import { wordsOf } from "../tenancy/tenancy-names.js";

const AREA = /^(?:(?:super|site|system|platform|instance)[-_]?)?admin(?:s|istration|istrators?)?$|^back-?office$/i;

/** The paths of entry points that lie in such an area. */
export class AdministrationAreas {
  private readonly areas: ReadonlySet<string>;

  constructor(paths: readonly string[], { root }: TenancyModel) {
    this.areas = root === "" ? new Set() : new Set(paths.flatMap((path) => areaOverTenants(path, root)));
  }

  /** Whether one of the decisions that let the caller in demands a privilege there that no tenant limits. */
  opens(path: string, decisions: readonly Decision[]): boolean {
    if (this.areas.size === 0 || !this.areas.has(areaOf(path)?.area ?? "")) return false;
    return decisions.some(isUnread);
  }
}

/** `/api/admin/organizations` and `/admin/team/:id` list tenants or pick any: `/:org/admin/…` is one tenant's own area. */
function areaOverTenants(path: string, root: string): readonly string[] {
  const found = areaOf(path);
  if (found === null) return [];
  const [segment = "", after = ""] = found.rest;
  const named = wordsOf(segment).join(" ") === wordsOf(root).join(" ");
  const many = /s$/i.test(segment) || after.startsWith(":");
  return named && many ? [found.area] : [];
}

function areaOf(path: string): { readonly area: string; readonly rest: readonly string[] } | null {
  const segments = path.split("/").filter((segment) => segment !== "");
  const at = segments.findIndex((segment) => AREA.test(segment));
  const before = segments.slice(0, at + 1);
  if (at < 0 || before.some((segment) => /^[:*[{]/.test(segment))) return null;
  return { area: before.join("/").toLowerCase(), rest: segments.slice(at + 1) };
}

/**
 * It asks for a privilege that was not read: of a role that was compared it is known whom it belongs to. What was handed
 * a value of the request may be about the tenant which that names.
 */
function isUnread({ fact, privilege }: Decision): boolean {
  if (!privilege || fact.kind !== "passed") return false;
  return !leaves(fact.args.flat()).some((o) => o.kind === "source" && o.source === "input");
}
