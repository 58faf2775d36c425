/** What an editor offers to do about a finding. Everything is an edit that a person sees before it is kept. */
import {
  type CodeAction,
  CodeActionKind,
  type Diagnostic,
  type TextDocumentEdit,
  type TextEdit,
  type WorkspaceEdit,
} from "vscode-languageserver/node";
import type { Finding, Fix } from "../model/finding.js";
import { type ManifestEntry, withEntry } from "../policy/manifest-edits.js";
import { positionAt, rangeOf, uriOf } from "./places.js";
import type { Seen } from "./session.js";

export interface ActionContext {
  readonly seen: Seen;
  /** name of the manifest from the root, and its text; null when there is none yet */
  readonly manifest: { readonly name: string; readonly text: string } | null;
  /** ISO date on which an exception written now ends */
  readonly expires: string;
}

const NEW_MANIFEST = "authgap.policy.yaml";
/** Entry points that no comment and no exception helps, but a line that says they are public. */
const ABOUT_CALLERS = new Set(["AG101", "AG104", "AG601"]);
const SOURCE = /\.[cm]?[jt]sx?$/;

/** The actions for one finding, the best first. */
export function actionsFor(finding: Finding, diagnostic: Diagnostic, context: ActionContext): CodeAction[] {
  const { seen } = context;
  const { fix } = finding;
  const actions: CodeAction[] =
    fix === undefined ? [] : [{ ...quickFix(fix.title, diagnostic), isPreferred: true, edit: edited(fix, seen) }];
  if (SOURCE.test(finding.at.file)) {
    actions.push({
      ...quickFix(`Ignore ${finding.rule.code} here (the reason goes after --)`, diagnostic),
      edit: edited(ignoreComment(finding, seen), seen),
    });
  }
  for (const [title, entry] of manifestEntries(finding, context)) {
    actions.push({ ...quickFix(title, diagnostic), edit: manifestEdit(entry, context) });
  }
  return actions;
}

function quickFix(title: string, diagnostic: Diagnostic): CodeAction {
  return { title, kind: CodeActionKind.QuickFix, diagnostics: [diagnostic] };
}

/** Without a reason the comment has no effect, and the editor says so until one is written. */
function ignoreComment(finding: Finding, seen: Seen): Pick<Fix, "file" | "edits"> {
  const { file, region } = finding.at;
  const indent = /^\s*/.exec(seen.text(file).split("\n")[region.startLine - 1] ?? "")?.[0] ?? "";
  const at = { startLine: region.startLine, startColumn: 1, endLine: region.startLine, endColumn: 1 };
  return { file, edits: [{ region: at, insert: `${indent}// authgap-ignore-next-line ${finding.rule.code} -- \n` }] };
}

function manifestEntries(finding: Finding, { expires }: ActionContext): [string, ManifestEntry][] {
  const { rule, subject } = finding;
  const exception: ManifestEntry = {
    path: ["exceptions"],
    fields: { rule: rule.code, subject, reason: "", owner: "", expires },
  };
  const open: ManifestEntry = {
    path: ["routes", "rules"],
    fields: { match: subject, public: true, reason: "", owner: "" },
  };
  const isEntry = /^[A-Z]+ \S/.test(subject);
  return [
    ...(isEntry && ABOUT_CALLERS.has(rule.code)
      ? [[`Declare '${subject}' public in the manifest`, open] satisfies [string, ManifestEntry]]
      : []),
    [`Add an exception for ${rule.code} to the manifest, until ${expires}`, exception],
  ];
}

function manifestEdit(entry: ManifestEntry, { manifest, seen }: ActionContext): WorkspaceEdit {
  const { root } = seen.outcome;
  const uri = uriOf(root, manifest?.name ?? NEW_MANIFEST);
  const text = manifest?.text ?? "";
  const { start, end, insert } = withEntry(text, entry);
  const edits: TextEdit[] = [
    { range: { start: positionAt(text, start), end: positionAt(text, end) }, newText: insert },
  ];
  const change: TextDocumentEdit = { textDocument: { uri, version: null }, edits };
  if (manifest !== null) return { documentChanges: [change] };
  return { documentChanges: [{ kind: "create", uri, options: { ignoreIfExists: true } }, change] };
}

function edited({ file, edits }: Pick<Fix, "file" | "edits">, seen: Seen): WorkspaceEdit {
  const changes = edits.map(({ region, insert }) => ({ range: rangeOf(region), newText: insert }));
  return {
    documentChanges: [{ textDocument: { uri: uriOf(seen.outcome.root, file), version: null }, edits: changes }],
  };
}
