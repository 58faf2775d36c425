/** What a change did, as sections of short lines for the terminal and for Markdown. */
import type { Change, GuardChange } from "../model/change.js";
import type { RouteRow } from "../model/finding.js";
import { counted } from "./paint.js";

export interface ChangeLine {
  readonly text: string;
  /** file and line, '' when there is none */
  readonly place: string;
  /** routes that are meant */
  readonly routes: readonly RouteRow[];
}

export interface ChangeSection {
  readonly title: string;
  /** protection became less, as opposed to merely different */
  readonly alarming: boolean;
  readonly lines: readonly ChangeLine[];
}

/** The sections that have something to say, the alarming ones first. */
export function changeSections(change: Change): readonly ChangeSection[] {
  const guards = (kind: GuardChange["kind"]): ChangeLine[] =>
    change.guards.filter((one) => one.kind === kind).map(guardLine);
  const sections: ChangeSection[] = [
    { title: "Guards lost", alarming: true, lines: guards("lost") },
    { title: "Guards weakened", alarming: true, lines: guards("weakened") },
    {
      title: "Policy loosened",
      alarming: true,
      lines: [
        ...change.policy.map(({ what, at }) => ({
          text: what,
          place: at === null || at.file === "" ? "" : `${at.file}:${at.region.startLine}`,
          routes: [],
        })),
        ...change.demands.map(({ route, before, after }) => ({
          text: `${routeName(route)} needs ${after === "public" ? "nothing" : after} instead of ${before}`,
          place: routePlace(route),
          routes: [],
        })),
      ],
    },
    { title: "Routes added", alarming: false, lines: change.routesAdded.map(routeLine) },
    { title: "Routes removed", alarming: false, lines: change.routesRemoved.map(routeLine) },
    { title: "Guards replaced", alarming: false, lines: guards("replaced") },
  ];
  return sections.filter((section) => section.lines.length > 0);
}

/** `GET /orders/:id` */
export function routeName(row: RouteRow): string {
  return `${row.method} ${row.path}`.trim();
}

export function routePlace(row: RouteRow): string {
  return `${row.file}:${row.line}`;
}

function routeLine(row: RouteRow): ChangeLine {
  const intent = row.intent === "" ? "" : `, ${row.intent}`;
  return { text: `${routeName(row)} (${row.access}${intent})`, place: routePlace(row), routes: [] };
}

/** `router /admin lost requireUser (authentication): 3 routes affected, 3 of them open to everybody now` */
function guardLine({ kind, guard, grants, now, where, routes, opened }: GuardChange): ChangeLine {
  const subject = routes.length === 1 ? where : `router ${where}`;
  const affected = routes.length === 1 ? "" : `: ${counted(routes.length, "route")} affected`;
  const all = opened === routes.length ? "" : ` ${opened} of them`;
  const open = opened === 0 ? "" : `,${all} open to everybody now`;
  const [only] = routes;
  const place = routes.length === 1 && only ? routePlace(only) : "";
  return { text: `${subject} ${happened(kind, guard, grants, now)}${affected}${open}`, place, routes };
}

function happened(kind: GuardChange["kind"], guard: string, grants: string, now: string): string {
  if (guard === "") return `is ${now} instead of ${grants}`;
  switch (kind) {
    case "lost":
      return `lost ${guard} (${grants})`;
    case "weakened":
      return `weakened ${guard} (${grants}): ${now}`;
    case "replaced":
      return `has ${now} instead of ${guard} (${grants})`;
  }
}
