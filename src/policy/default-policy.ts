/** What holds when the project has no manifest: callers must be authenticated, everything else is inferred. */
import type { LocatedPlace } from "../model/place.js";
import type { Policy, Requirement } from "../model/policy.js";

/** Demanded of every entry that no rule and no `routes.default` speaks about. */
export const DEFAULT_REQUIRE: readonly Requirement[] = ["authentication"];

/** A place for entries of a policy that was not read from a file. */
export const NOWHERE: LocatedPlace = {
  file: "",
  region: { startLine: 1, startColumn: 1, endLine: 1, endColumn: 1 },
};

/**
 * The policy of a project without a manifest. `file` is '', which keeps the drift rules silent.
 *
 * @returns a fresh, complete policy that demands authentication and declares nothing else
 */
export function defaultPolicy(): Policy {
  return {
    file: "",
    provider: "",
    controls: [],
    tokens: null,
    guards: [],
    policyLayer: [],
    defaultRequire: DEFAULT_REQUIRE,
    defaultDeclared: false,
    routes: [],
    tenancy: { keys: [], ownerKeys: [], sources: [], global: [], enforcedBy: [] },
    models: [],
    privileges: null,
    impersonation: null,
    setupUntil: "",
    bypasses: [],
    exceptions: [],
    rules: {},
    loosenings: [],
    references: [],
  };
}
