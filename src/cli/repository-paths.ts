/**
 * Consumers of logs name files from the repository's root. A manifest in a folder of its own makes that folder the
 * scan's root, and the names as the scan has them would lead nowhere there.
 */
import { existsSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import type { Finding, LabelledPlace, Notice, ScanResult } from "../model/finding.js";

export interface Repository {
  /** absolute; the scan's root when there is no repository */
  readonly top: string;
  /** the scan's root from there, '' when they are the same */
  readonly prefix: string;
}

export function repositoryOf(root: string): Repository {
  for (let folder = root; ; folder = dirname(folder)) {
    if (existsSync(join(folder, ".git"))) return { top: folder, prefix: relative(folder, root).split(sep).join("/") };
    if (dirname(folder) === folder) return { top: root, prefix: "" };
  }
}

/** The result with all files named from the repository's root. */
export function namedFrom(prefix: string, result: ScanResult): ScanResult {
  if (prefix === "") return result;
  const moved: Moved = (place) => ({ ...place, file: `${prefix}/${place.file}` });
  return {
    ...result,
    findings: result.findings.map((finding) => movedFinding(finding, moved)),
    notices: result.notices.map((notice): Notice => ({ ...notice, at: notice.at === null ? null : moved(notice.at) })),
    policyFile: result.policyFile === "" ? "" : `${prefix}/${result.policyFile}`,
    ...(result.resolved === undefined ? {} : { resolved: result.resolved.map((past) => moved(past)) }),
  };
}

type Moved = <T extends { readonly file: string }>(place: T) => T;

function movedFinding(finding: Finding, moved: Moved): Finding {
  const all = (places: readonly LabelledPlace[]): readonly LabelledPlace[] => places.map((place) => moved(place));
  const { suppression } = finding;
  return {
    ...finding,
    at: moved(finding.at),
    related: all(finding.related),
    flow: all(finding.flow),
    ...(finding.fix === undefined ? {} : { fix: moved(finding.fix) }),
    suppression: suppression === null ? null : { ...suppression, at: moved(suppression.at) },
  };
}
