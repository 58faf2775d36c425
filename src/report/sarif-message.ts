/** Messages as SARIF wants them: numbered placeholders in single quotes, links to related places, nothing that reads as a link by accident. */
import type { Message } from "sarif";
import type { Finding } from "../model/finding.js";
import { sentence } from "./tool.js";

/** More related places than this are counted, not linked. */
export const MOST_RELATED = 20;

interface NumberedTemplate {
  readonly text: string;
  /** for each number, the name it stands for */
  readonly names: readonly string[];
}

const NAME = /\{([A-Za-z][A-Za-z0-9]*)\}/;
const QUOTED_NAME = /(['"`]?)\{([A-Za-z][A-Za-z0-9]*)\}(['"`]?)/g;
/** A placeholder behind a full stop holds further sentences: no part of the short form, and never quoted. */
const FURTHER_SENTENCES = /(?<=[.!?])\s?\{[A-Za-z][A-Za-z0-9]*\}/g;

/**
 * `{name}` templates as `'{0}'` templates. One without any placeholder is led by the subject, since consumers
 * show messages of one rule side by side.
 */
export function numberedTemplate(template: string): NumberedTemplate {
  const names: string[] = [];
  const text = template
    .replace(FURTHER_SENTENCES, "")
    .replace(QUOTED_NAME, (_, before: string, name: string, after: string) => {
      if (!names.includes(name)) names.push(name);
      return quoted(`{${names.indexOf(name)}}`, before, after);
    });
  return names.length > 0 ? { text: sentence(text), names } : { text: sentence(`'{0}': ${text}`), names: ["subject"] };
}

/** `messageStrings` of a rule. */
export function messageStrings(messages: Readonly<Record<string, string>>): Record<string, { text: string }> {
  return Object.fromEntries(
    Object.entries(messages).map(([id, template]) => [id, { text: numberedTemplate(template).text }]),
  );
}

/** The message of a result, complete in `text`, with `id` and `arguments` for consumers that fill in templates. */
export function resultMessage(finding: Finding): Message {
  const template = finding.rule.messages[finding.messageId];
  const values = template === undefined ? null : valuesIn(finding.message, template);
  if (template === undefined || values === null) return { text: sentence(escaped(finding.message)) + links(finding) };
  const { names } = numberedTemplate(template);
  const led = names.length === 1 && names[0] === "subject" && !values.has("subject");
  const body = sentence(led ? `'${finding.subject}': ${finding.message}` : quotedMessage(template, values));
  const args = names.map((name) => values.get(name) ?? finding.subject);
  return { text: escaped(body) + links(finding), id: finding.messageId, arguments: args };
}

/** The finished message with quotes around values that its template leaves bare. */
function quotedMessage(template: string, values: ReadonlyMap<string, string>): string {
  return template
    .replace(FURTHER_SENTENCES, (whole) => values.get(NAME.exec(whole)?.[1] ?? "") ?? "")
    .replace(QUOTED_NAME, (whole, before: string, name: string, after: string) => {
      const value = values.get(name);
      return value === undefined ? whole : quoted(value, before, after);
    })
    .replace(/ ''(?=[ .,;:])/g, "");
}

function quoted(text: string, before: string, after: string): string {
  return before === after ? `'${text}'` : `${before}'${text}'${after}`;
}

/**
 * Reads the values back out of the finished message. Where the borders between two values are not clear, any choice
 * gives the same sentence again.
 */
function valuesIn(message: string, template: string): ReadonlyMap<string, string> | null {
  const names: string[] = [];
  const pattern = template
    .split(new RegExp(NAME.source))
    .map((part, index) => {
      if (index % 2 === 0) return part.replace(/[\\^$.|?*+()[\]{}]/g, "\\$&");
      if (names.includes(part)) return `\\${names.indexOf(part) + 1}(?:)`;
      names.push(part);
      return "(.*?)";
    })
    .join("");
  const match = new RegExp(`^${pattern}$`, "s").exec(message);
  return match ? new Map(names.map((name, index) => [name, match[index + 1] ?? ""])) : null;
}

/** Text from source must neither become a link nor a placeholder. */
export function escaped(text: string): string {
  return text.replace(/\[([^[\]]*)\]\(/g, "\\[$1\\](").replace(/\{(\d+)\}/g, "{{$1}}");
}

function links(finding: Finding): string {
  const shown = finding.related.slice(0, MOST_RELATED);
  if (shown.length === 0) return "";
  const list = shown.map((place, index) => `[${linkText(place.label || place.file)}](${index + 1})`).join(", ");
  const rest = finding.related.length - shown.length;
  return ` See ${list}${rest > 0 ? ` and ${rest} more` : ""}.`;
}

function linkText(label: string): string {
  return label
    .replace(/[\\[\]]/g, "\\$&")
    .replace(/\{(\d+)\}/g, "{{$1}}")
    .replace(/[.\s]+$/, "");
}
