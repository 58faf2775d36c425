/** What is let through, by whom, until when; what could not be decided; who owns which control. */
import type { Bypass, Facts } from "../../model/facts.js";
import type { ScanResult } from "../../model/finding.js";
import type { LocatedPlace, Place } from "../../model/place.js";
import { isPlaceholder, listsBypass, type Policy } from "../../model/policy.js";
import { spot } from "../text.js";
import { type AuditSection, type Cell, cell } from "./document.js";

/** The register of bypasses: those found in the code, and those that only the manifest lists. */
export function bypassSection(
  facts: Facts,
  policy: Policy,
  day: string,
  locate: (place: Place) => LocatedPlace,
): AuditSection {
  const listedFor = (bypass: Bypass) => policy.bypasses.find((listed) => listsBypass(listed, bypass));
  const found = facts.bypasses.map((bypass) => {
    const listed = listedFor(bypass);
    return [
      cell(bypass.predicate, "plain", [bypass.kind]),
      cell(bypass.scope),
      cell(bypass.skips.join(", ")),
      cell(bypass.audited ? "yes" : "no", bypass.audited ? "good" : "warn"),
      cell(bypass.entries.length, "plain", bypass.entries.slice(0, 3)),
      listed === undefined ? cell("not listed", "bad") : cell(listed.owner, "good", [listed.reason]),
      dateCell(listed?.expires ?? "", day),
      cell(spot(locate(bypass.place))),
    ];
  });
  const known = new Set(facts.bypasses.map(listedFor));
  const unseen = policy.bypasses
    .filter((listed) => !known.has(listed))
    .map((listed) => [
      cell(listed.use, "plain", ["listed in the manifest, not recognised in the code"]),
      cell(""),
      cell(""),
      cell(""),
      cell(""),
      cell(listed.owner, "plain", [listed.reason]),
      dateCell(listed.expires, day),
      cell(spot(listed.at)),
    ]);
  return {
    id: "bypasses",
    title: "Bypass register",
    about: "Branches that let some requests skip what all others must pass.",
    table: {
      columns: ["Bypass", "Scope", "Skips", "Recorded", "Entry points", "Owner", "Ends", "Place"],
      rows: [...found, ...unseen],
    },
  };
}

function dateCell(expires: string, day: string): Cell {
  if (expires === "") return cell("never", "dim");
  return cell(expires, expires < day ? "bad" : "plain", expires < day ? ["past"] : []);
}

function ownerCell(owner: string): Cell {
  const missing = isPlaceholder(owner) || owner.trim().toLowerCase() === "unassigned";
  return cell(owner === "" ? "nobody" : owner, missing ? "bad" : "plain");
}

/** Public rules and exceptions of the manifest, and comments in the source that silence a finding. */
export function exceptionSection(result: ScanResult, policy: Policy, day: string): AuditSection {
  const opened = policy.routes
    .filter((route) => route.public)
    .map((route) => ({ ...route, kind: "public route", what: route.match }));
  const excepted = policy.exceptions.map((one) => ({ ...one, kind: "exception", what: `${one.rule} ${one.subject}` }));
  const lines = [...opened, ...excepted].map((one) => [
    cell(one.kind),
    cell(one.what),
    isPlaceholder(one.reason) ? cell("no reason", "bad") : cell(one.reason),
    ownerCell(one.owner),
    dateCell(one.expires, day),
    cell(spot(one.at)),
  ]);
  const comments = result.findings.flatMap(({ suppression, rule, subject }) =>
    suppression?.kind !== "inSource"
      ? []
      : [
          [
            cell("comment in the source"),
            cell(`${rule.code} ${subject}`),
            cell(suppression.justification),
            cell("not stated", "dim"),
            dateCell("", day),
            cell(spot(suppression.at)),
          ],
        ],
  );
  return {
    id: "exceptions",
    title: "Exceptions",
    about: "What is open or ignored on purpose, why, who answers for it, and until when.",
    table: { columns: ["Kind", "What", "Reason", "Owner", "Ends", "Place"], rows: [...lines, ...comments] },
  };
}

/** What the scanner could not decide. */
export function unknownSection({ notices }: ScanResult): AuditSection {
  const rows = notices
    .filter((notice) => notice.kind !== "configuration")
    .map(({ id, message, remedy, at }) => [cell(id), cell(message), cell(remedy), cell(at === null ? "" : spot(at))]);
  return {
    id: "unknowns",
    title: "Not decided",
    about:
      "What could not be read or decided. It is neither safe nor found to be vulnerable; the line of manifest that decides it is given where there is one.",
    table: { columns: ["Kind", "What", "What decides it", "Place"], rows },
  };
}

/** Controls of the manifest. */
export function controlSection({ controls, provider, file }: Policy): AuditSection {
  const rows = controls.map((control) => [
    cell(control.name),
    control.at === "" ? cell("not stated", control.name === "keyRotation" ? "dim" : "warn") : cell(control.at),
    ownerCell(control.owner),
    cell(spot(control.declaredAt)),
  ]);
  const who = provider === "" ? "No identity provider is declared." : `Identity provider: ${provider}.`;
  const about = file === "" ? "There is no manifest, so nobody is named as an owner." : who;
  return {
    id: "controls",
    title: "Controls and owners",
    about,
    table: { columns: ["Control", "Where", "Owner", "Declared at"], rows },
  };
}
