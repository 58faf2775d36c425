/** Accesses that are bound by a value which is checked where it is given, and not looked at where it is missing. */
import { type DataCall, demandsKey } from "../../frameworks/data/data-call.js";
import type { Binding, BindingVerdict } from "../../model/facts.js";
import { leaves } from "../../program/values/computed-origins.js";
import { conjunctOf } from "./binding.js";
import { isNullTest } from "./null-tests.js";
import type { PresenceLedger } from "./presence-ledger.js";

/** layers that leave a condition out when its value is undefined */
const DROPS_UNDEFINED: ReadonlySet<string> = new Set(["prisma", "typeorm"]);

/** rows that the request may pick as it likes */
const PICKED: ReadonlySet<BindingVerdict> = new Set(["unbound", "tenant-from-input"]);

/** A value that is checked when it is there binds where leaving it out finds nothing. */
export function boundIfPresent(binding: Binding, call: DataCall, presence: PresenceLedger): Binding | null {
  if (!PICKED.has(binding.verdict)) return binding;
  const [first = [], ...others] = call.filter.alternatives;
  for (const term of first) {
    if (term.position !== "and") continue;
    // the rest of the filter may be put together in several ways
    const always = others.every((terms) => terms.some((t) => t.position === "and" && t.column === term.column));
    if (!always) continue;
    const values = leaves(term.values).filter((value) => value.kind !== "constant");
    if (values.length === 0 || !values.every((value) => presence.verified(value))) continue;
    const given = values.every(
      (value) => presence.demanded(value) || (value.kind === "source" && value.path.startsWith("params.")),
    );
    // `id ? { id } : { id: null }`: what is not given finds what belongs to nobody
    const handled = others.some((terms) => terms.some((t) => t.column === term.column && isNullTest(t)));
    const keeps = term.demanded === true || demandsKey(call);
    const dropped = term.vanishes || (DROPS_UNDEFINED.has(call.layer) && !keeps);
    const drops = !given && !handled && dropped && term.operator !== "in";
    const reason = drops
      ? `'${term.column}' is checked only when it is given, and the filter drops it when it is not`
      : `'${term.column}' was checked`;
    const conjunct = conjunctOf(term);
    return drops
      ? { ...binding, verdict: "optional", reason, conjunct, ifGiven: true }
      : { ...binding, verdict: "bound", reason, conjunct };
  }
  return null;
}

/** `if (orgId) q.where(…orgId); else q.where(…all of the caller's)`: each of the filters it may have is bound in its own way. */
export function boundByEach(
  binding: Binding,
  call: DataCall,
  presence: PresenceLedger,
  judge: (call: DataCall) => Binding,
): Binding {
  const { filter } = call;
  if (filter.alternatives.length < 2) return binding;
  const each = filter.alternatives.map((terms) => {
    const alone = { ...call, filter: { ...filter, alternatives: [terms] } };
    const judged = judge(alone);
    return boundIfPresent(judged, alone, presence) ?? judged;
  });
  const isSettled = ({ verdict }: Binding): boolean => SETTLED.has(verdict);
  if (!each.every(isSettled)) return binding;
  return [...SETTLED].flatMap((verdict) => each.find((one) => one.verdict === verdict) ?? [])[0] ?? binding;
}

/** What nothing is told of, what says least of it first. */
const SETTLED: ReadonlySet<BindingVerdict> = new Set(["unknown", "bound", "not-scoped"]);
