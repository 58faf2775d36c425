/** What happened since a commit, for a person at a terminal. */
import type { Change } from "../model/change.js";
import { changeSections, routeName, routePlace } from "./change.js";
import { type Paint, printable, wrapped } from "./paint.js";

const SHORT_LIST = 10;

interface ChangeTextOptions {
  readonly width: number;
  readonly verbose?: boolean;
}

/** A heading, then the sections, each cut to its first lines unless all was asked for. */
export function changeLines(change: Change, paint: Paint, options: ChangeTextOptions): string[] {
  const { width } = options;
  const limit = options.verbose ? Number.POSITIVE_INFINITY : SHORT_LIST;
  const sections = changeSections(change);
  const head = `Since ${printable(change.since)} (${change.commit.slice(0, 10)})`;
  if (sections.length === 0) return [`${paint.bold(head)}: routes, guards and policy are unchanged`, ""];
  const body = sections.flatMap(({ title, alarming, lines }) => {
    const shown = lines.slice(0, limit).flatMap(({ text, place, routes }) => {
      const where = place === "" ? "" : `  ${place}`;
      const names = routes.length > 1 ? routes.slice(0, limit) : [];
      return [
        ...wrapped(`${text}${where}`, width, "    "),
        ...names.map((row) => paint.dim(`      ${printable(routeName(row))}  ${printable(routePlace(row))}`)),
        ...more(routes.length > 1 ? routes.length - names.length : 0, "      ", paint),
      ];
    });
    const heading = alarming ? paint.red(paint.bold(title)) : paint.bold(title);
    return [`  ${heading}`, ...shown, ...more(lines.length - limit, "    ", paint)];
  });
  return [paint.bold(head), ...body, ""];
}

function more(rest: number, indent: string, paint: Paint): string[] {
  return rest > 0 ? [paint.dim(`${indent}and ${rest} more (--verbose lists them)`)] : [];
}
