/** Functions of the database between policies and the settings they rest on: `current_user_id()`, `set_claims($1, $2)`. */
import type { PolicySetting, RowPolicy, RowSecurity } from "../../model/data-model.js";
import type { SchemaFile } from "./prisma-schema.js";

interface SettingFunction {
  /** without schema, in lower case */
  readonly name: string;
  readonly reads: readonly string[];
  readonly sets: readonly string[];
}

const FUNCTION =
  /\bcreate\s+(?:or\s+replace\s+)?function\s+(?:"?\w+"?\.)?"?(\w+)"?\s*\([^$]{0,2000}?\$(\w*)\$([\s\S]{0,20000}?)\$\2\$/gi;
const READS = /current_setting\(\s*'([\w.]+)'/gi;
const SETS = /set_config\(\s*'([\w.]+)'|\bset\s+(?:local\s+|session\s+)?"?(\w+\.\w+)"?\s*(?:=|to\b)/gi;

/** Policies with the settings that they rest on by way of functions, and the functions which set those. */
export function withSettings(securities: readonly RowSecurity[], files: readonly SchemaFile[]): readonly RowSecurity[] {
  if (securities.length === 0) return securities;
  const functions = files.flatMap(({ text }) => settingFunctions(text));
  if (functions.length === 0) return securities;
  return securities.map((one) => ({ ...one, policies: one.policies.map((policy) => resting(policy, functions)) }));
}

function settingFunctions(text: string): readonly SettingFunction[] {
  if (!/create\s+(?:or\s+replace\s+)?function/i.test(text)) return [];
  return [...text.matchAll(FUNCTION)].flatMap(([, name = "", , body = ""]) => {
    const reads = [...body.matchAll(READS)].map(([, setting = ""]) => setting.toLowerCase());
    const sets = [...body.matchAll(SETS)].map(([, called, assigned]) => (called ?? assigned ?? "").toLowerCase());
    return reads.length + sets.length === 0 ? [] : [{ name: name.toLowerCase(), reads, sets }];
  });
}

function resting(policy: RowPolicy, functions: readonly SettingFunction[]): RowPolicy {
  const text = `${policy.using} ${policy.check}`.toLowerCase();
  const asked = functions.filter(({ name, reads }) => reads.length > 0 && new RegExp(`\\b${name}"?\\s*\\(`).test(text));
  const settings = [...new Set(asked.flatMap(({ reads }) => reads))].map(
    (name): PolicySetting => ({
      name,
      setBy: functions.filter(({ sets }) => sets.includes(name)).map((one) => one.name),
    }),
  );
  return settings.length === 0 ? policy : { ...policy, settings };
}
