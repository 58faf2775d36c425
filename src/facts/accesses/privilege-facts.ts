/** What a write does to privileges and to people, and what the decisions before it demand of the caller. */
import { type DataCall, demandsKey } from "../../frameworks/data/data-call.js";
import type { RawEntry } from "../../frameworks/routing.js";
import type { Demands, Reach } from "../../model/facts.js";
import { type Fact, uniqueFacts } from "../../program/facts/facts.js";
import { settledFacts } from "../../program/facts/settled-facts.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { Analysis } from "../analysis.js";
import { type Decision, decisionsIn } from "../decisions/decisions.js";
import type { ReachedCall } from "../entries/entries.js";
import { factsIfPresent } from "../guards/conditional-checks.js";
import { admittedRoles, asksForOwnRole } from "../ranks/admitted-roles.js";
import { changedMember } from "../ranks/changed-members.js";
import { chosenSetting } from "./chosen-settings.js";
import type { Ledger } from "./ledger.js";
import type { ReachContext } from "./reach-context.js";
import { writtenPrivileges } from "./written-privileges.js";

export type PrivilegeFacts = Pick<Reach, "writtenPrivileges" | "changedMember" | "chosenSetting" | "demands">;

export function privilegeFacts(
  { call, facts }: ReachedCall,
  entry: RawEntry,
  decisions: readonly Decision[],
  ledger: Ledger,
  { tenancy, analysis, models }: ReachContext,
): PrivilegeFacts {
  const model = models.modelOf(call.model);
  const privileges = writtenPrivileges(call, entry, { facts, ledger, tenancy, model, analysis });
  const setting = chosenSetting(call, entry, { facts, tenancy, analysis });
  const changed = changedMember(call, facts, tenancy, analysis);
  const asked = (): Demands => {
    const given = factsOfKeys(call, analysis);
    if (given.length === 0) return demandsOf(facts, decisions, analysis);
    const all = settledFacts(uniqueFacts([...facts, ...given]));
    const known = decisionsIn(all, analysis.data, analysis.queries);
    return { ...demandsOf(all, known, analysis), ...(known.length > 0 ? { decidedByKey: true } : {}) };
  };
  return {
    ...(privileges.length === 0 ? {} : { writtenPrivileges: privileges }),
    ...(changed === null ? {} : { changedMember: changed }),
    ...(setting === null ? {} : { chosenSetting: setting }),
    ...(privileges.length === 0 && changed === null ? {} : { demands: asked() }),
  };
}

function demandsOf(facts: readonly Fact[], decisions: readonly Decision[], analysis: Analysis): Demands {
  return {
    privilege: decisions.some((decision) => decision.privilege) || facts.some((fact) => asksForOwnRole(fact, analysis)),
    roles: admittedRoles(facts, analysis.data, analysis.queries),
    everything: decisions.some((decision) => decision.instanceWide),
    byKey: isOfKey(facts, analysis),
  };
}

/** `if (orgId) await demandAdmin(orgId)`: where the key of the row that is changed is missing, none is found. */
function factsOfKeys(call: DataCall, analysis: Analysis): readonly Fact[] {
  const [terms = [], ...others] = call.filter.alternatives;
  if (others.length > 0 || call.operation === "create" || call.method === "upsert") return [];
  const keys = terms.filter(({ position, demanded }) => position === "and" && (demanded === true || demandsKey(call)));
  return keys
    .flatMap(({ values }) => leaves(values))
    .filter((value) => value.kind === "source" && value.source === "input")
    .slice(0, MAX_KEYS)
    .flatMap((value) => [...factsIfPresent(value, call.site, analysis)]);
}

const MAX_KEYS = 4;

const KEYS = /api_?key|access_?key|service_?account/i;

/** The caller was found by the row of a key: it stands for whoever made it, and what it may do was settled then. */
function isOfKey(facts: readonly Fact[], { data, queries }: Analysis): boolean {
  return facts.some(
    (fact) =>
      fact.kind === "present" &&
      fact.of.some((row) => {
        if (row.kind !== "source" || row.source !== "row" || row.site === null) return false;
        const found = data.loading(row.site, queries);
        return found !== null && KEYS.test(found.model) && data.keyedByCaller(row, queries);
      }),
  );
}
