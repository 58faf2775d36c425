/** AG605: guards, modules and models that the manifest names and the code lacks. */
import { bareName, codeReference } from "../src/base/code-reference.js";
import { globTest } from "../src/base/glob.js";
import { byText } from "../src/base/path.js";
import type { DataModel } from "../src/model/data-model.js";
import type { Facts } from "../src/model/facts.js";
import type { PolicyReference } from "../src/model/policy.js";
import { defineRule } from "../src/model/rule.js";
import { inManifest, isOwn, seesEverything } from "./support/manifest.js";
import { listed } from "./support/wording.js";

type Message = "file" | "symbol" | "files" | "model" | "column";

interface Miss {
  readonly message: Message;
  /** what the code has instead; empty when nothing is near */
  readonly near: readonly string[];
}

export const unknownPolicyReference = defineRule<Message>({
  meta: {
    code: "AG605",
    name: "unknown-policy-reference",
    title: "Policy names code that does not exist",
    why: "A guard that was renamed no longer counts as one, and a tenant filter that was moved no longer enforces anything. The policy goes on claiming both.",
    severity: "warning",
    securitySeverity: "4.0",
    precision: "high",
    cwe: [1068, 1059],
    taxa: ["API9:2023", "A06:2025", "A02:2025", "PR.AA-05", "GV.PO-02", "ASVS-8.1.1"],
    since: "0.1.0",
    messages: {
      file: "The policy names the file '{text}' at '{where}', and there is none.",
      symbol: "The policy names '{text}' at '{where}', and the file defines no such thing.",
      files: "No file matches '{text}', which the policy names at '{where}'.",
      model: "The policy names the model '{text}' at '{where}', and the project declares none of that name.",
      column: "The policy names the column '{text}' at '{where}', and the model has none of that name.",
    },
  },
  *check(input) {
    if (!seesEverything(input)) return;
    for (const reference of input.policy.policy.references) {
      const miss = isOwn(reference.at, input) ? missOf(reference, input.facts) : null;
      if (miss === null) continue;
      const near = listed(miss.near);
      yield {
        message: miss.message,
        data: { text: reference.text, where: reference.where },
        subject: reference.text,
        aspect: reference.where,
        ...inManifest(reference.at),
        confidence: "proven",
        remedy: near === "" ? "Correct the name, or delete the line." : `The project has ${near}: correct the name.`,
      };
    }
  },
});

function missOf(reference: PolicyReference, facts: Facts): Miss | null {
  switch (reference.kind) {
    case "code":
      return missingCode(reference.text, facts);
    case "files":
      return missingFiles(reference.text, facts);
    case "model":
      return missingModel(reference.text, facts);
    case "column":
      return missingColumn(reference.text, facts);
  }
}

/** Only sources are among the facts; policies in other languages cannot be missed. */
function mayBeSource(glob: string): boolean {
  const extension = /\.(\w+)$/.exec(glob)?.[1];
  return extension === undefined || /^([cm]?[jt]s|[jt]sx)$/.test(extension);
}

function missingFiles(glob: string, facts: Facts): Miss | null {
  return !mayBeSource(glob) || facts.files.some(globTest([glob])) ? null : { message: "files", near: [] };
}

function missingCode(text: string, facts: Facts): Miss | null {
  const { source, symbol, isFile } = codeReference(text);
  if (!isFile || !mayBeSource(source)) return null;
  const files = facts.files.filter(globTest([source]));
  const name = bareName(symbol);
  // where has it gone?
  const elsewhere = name === "" ? [] : [...facts.symbols].filter((known) => known.endsWith(`#${name}`)).sort(byText);
  if (files.length === 0) return { message: source.includes("*") ? "files" : "file", near: elsewhere };
  // a default export has no name of its own
  if (symbol === "" || symbol === "default") return null;
  const isKnown = (file: string) => facts.symbols.has(`${file}#${symbol}`) || facts.symbols.has(`${file}#${name}`);
  return files.some(isKnown) ? null : { message: "symbol", near: elsewhere };
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[_\s-]/g, "");
}

function modelsNamed(name: string, facts: Facts): readonly DataModel[] {
  return facts.models.filter((model) => plain(model.name) === plain(name) || plain(model.table) === plain(name));
}

function missingModel(name: string, facts: Facts): Miss | null {
  // where no model was found at all, nothing can be said about one
  if (facts.models.length === 0 || modelsNamed(name, facts).length > 0) return null;
  const stem = plain(name).replace(/s$/, "");
  const near = facts.models.map((model) => model.name).filter((known) => plain(known).includes(stem));
  return { message: "model", near: [...new Set(near)].sort(byText) };
}

function missingColumn(text: string, facts: Facts): Miss | null {
  const dot = text.lastIndexOf(".");
  if (dot < 0) return null;
  const missing = missingModel(text.slice(0, dot), facts);
  if (missing !== null) return missing;
  const column = plain(text.slice(dot + 1));
  const models = modelsNamed(text.slice(0, dot), facts);
  const columns = models.flatMap((model) => model.columns);
  // a model without columns was seen in use only, not in its declaration
  if (columns.length === 0) return null;
  const found = columns.some((known) => plain(known.name) === column || plain(known.dbName) === column);
  return found ? null : { message: "column", near: [] };
}
