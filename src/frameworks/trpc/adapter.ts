/** tRPC: procedures of routers, with the builder steps in front of them, and the REST paths they are also served at. */
import { type Mounted, RouterReader } from "../procedures/procedure-routers.js";
import type { Adapter, AdapterInput, AdapterOutput, RawEntry } from "../routing.js";
import { ServedContexts } from "./contexts.js";
import { entriesOf } from "./procedures.js";
import { mayHaveRouters, routerCalls, TRPC } from "./routers.js";

export const trpcAdapter: Adapter = { name: "trpc", packages: [], collect };

function collect(input: AdapterInput): AdapterOutput {
  if (!mayHaveRouters(input.index)) return { entries: [], faults: [], unknowns: [] };
  const reader = new RouterReader(input.queries, TRPC);
  const trees = routerCalls(input.index, input.queries).map((call) => reader.read(call));
  // routers that are part of another one are listed under the path they have there
  const roots = trees.filter((tree) => !reader.isMounted(tree.key));
  const entries: RawEntry[] = [];
  const seen = new Set<string>();
  for (const root of roots.toSorted((a, b) => b.procedures.length - a.procedures.length)) {
    const own = root.procedures.filter((procedure) => !seen.has(procedure.key));
    for (const procedure of own) seen.add(procedure.key);
    entries.push(...own.flatMap((procedure: Mounted) => entriesOf(procedure, input.queries)));
  }
  const contexts = new ServedContexts(input);
  const begun = entries.map((entry) => ({ ...entry, steps: [...contexts.before(entry), ...entry.steps] }));
  return { entries: begun, faults: [], unknowns: [] };
}
