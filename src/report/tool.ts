/** How the program calls itself in reports, and where its documentation lives. */
import type { RuleMeta } from "../model/rule.js";

export const TOOL_NAME = "authgap";
export const TOOL_FULL_NAME = "authgap authorization scanner";
export const HOME = "https://github.com/authgap/authgap";

/** The published page of a rule. */
export function rulePage(rule: RuleMeta): string {
  return `${HOME}/blob/main/rules/${rule.code}-${rule.name}.md`;
}

/** `unguarded-route` → `UnguardedRoute`; `Missing Authorization` → `MissingAuthorization`. */
export function pascalCase(text: string): string {
  const words = text.replace(/'/g, "").match(/[A-Za-z0-9]+/g) ?? [];
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("");
}

/** One sentence: ends with a full stop, holds no line breaks. */
export function sentence(text: string): string {
  const flat = text.replace(/\s+/g, " ").trim();
  return /[.!?]$/.test(flat) ? flat : `${flat}.`;
}
