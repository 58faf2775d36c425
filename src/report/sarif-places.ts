/** Places as SARIF locations: paths as URIs below the source root, regions, snippets. */
import type { PhysicalLocation, Region } from "sarif";
import type { LabelledPlace } from "../model/finding.js";
import type { LocatedPlace } from "../model/place.js";

export type UriStyle = "encoded" | "raw";

export const SOURCE_ROOT = "%SRCROOT%";

/** Each segment percent-encoded; `raw` is for viewers that do not decode. */
export function toUri(path: string, style: UriStyle): string {
  const clean = path.replace(/\\/g, "/").replace(/^(?:\.?\/)+/, "");
  return style === "raw" ? clean : clean.split("/").map(encodeSegment).join("/");
}

/** Lone surrogates, which file names on some systems may hold, cannot be encoded and are replaced. */
function encodeSegment(segment: string): string {
  return encodeURIComponent(
    segment.replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, "\ufffd"),
  );
}

/** A place without its source text. */
export function bareLocation(place: LocatedPlace, style: UriStyle): PhysicalLocation {
  return {
    artifactLocation: { uri: toUri(place.file, style), uriBaseId: SOURCE_ROOT },
    region: { ...place.region },
  };
}

/** A place with the text of its region. */
export function location(place: LabelledPlace, style: UriStyle): PhysicalLocation {
  const text = textWithin(place);
  const bare = bareLocation(place, style);
  return text === null ? bare : { ...bare, region: { ...place.region, snippet: { text } } };
}

/** A place with its text and the whole lines around it, as the primary location needs. */
export function locationInContext(place: LabelledPlace, style: UriStyle): PhysicalLocation {
  const plain = location(place, style);
  const context = place.snippet === "" ? null : contextOf(place);
  return context ? { ...plain, contextRegion: context } : plain;
}

/** The part of the snippet that the region covers; null when the snippet does not reach that far. */
function textWithin({ snippet, region }: LabelledPlace): string | null {
  if (snippet === "") return null;
  const lines = snippet.split("\n");
  const last = region.endLine - region.startLine;
  const end = lines[last];
  if (end === undefined || end.length < region.endColumn - 1) return null;
  const whole = [...lines.slice(0, last), end.slice(0, region.endColumn - 1)].join("\n");
  return whole.slice(region.startColumn - 1);
}

/** Must be larger than the region: where that is whole lines already, their last line break is counted in. */
function contextOf({ snippet, region }: LabelledPlace): Region {
  const last = snippet.slice(snippet.lastIndexOf("\n") + 1);
  const whole = region.startColumn === 1 && region.endColumn > last.length;
  return whole
    ? {
        startLine: region.startLine,
        startColumn: 1,
        endLine: region.endLine + 1,
        endColumn: 1,
        snippet: { text: `${snippet}\n` },
      }
    : {
        startLine: region.startLine,
        startColumn: 1,
        endLine: region.endLine,
        endColumn: last.length + 1,
        snippet: { text: snippet },
      };
}
