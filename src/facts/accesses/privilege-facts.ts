/** What a write does to privileges and to people, and what the decisions before it demand of the caller. */
import type { RawEntry } from "../../frameworks/routing.js";
import type { Demands, Reach } from "../../model/facts.js";
import type { Fact } from "../../program/facts/facts.js";
import type { Analysis } from "../analysis.js";
import type { Decision } from "../decisions/decisions.js";
import type { ReachedCall } from "../entries/entries.js";
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
  return {
    ...(privileges.length === 0 ? {} : { writtenPrivileges: privileges }),
    ...(changed === null ? {} : { changedMember: changed }),
    ...(setting === null ? {} : { chosenSetting: setting }),
    ...(privileges.length === 0 && changed === null ? {} : { demands: demandsOf(facts, decisions, analysis) }),
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
