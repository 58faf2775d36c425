/** Variables and settings that choose a stage or switch protection on and off, by their names. */
import { NONE, Op } from "../../model/lowered.js";
import { behind } from "../../program/facts/conditions.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import type { LinkQueries, Origin } from "../../program/values/origin.js";
import { isConfiguration, variableOf } from "../claims/token-context.js";
import { namesOf } from "./bypass-text.js";

const SWITCH =
  /(?:SKIP|DISABLED?|BYPASS|\bNO|MOCK|FAKE|INSECURE|ALLOW_?ANON\w*|UNSAFE|WITHOUT|DANGEROUS\w*|DEV)_?\w*(?:AUTH|LOGIN|RBAC|ACL|PERMISSION|TENANT|RLS|GUARD|USER|SECURITY|API_?KEY|SIGNATURE|ACCESS|TOKEN|VERIF|ADMIN_?CHECK|PASSWORD_?CHECK)|(?:AUTH\w*|LOGIN|RBAC|ACL|SECURITY|SIGNATURE|PERMISSIONS?|API_?KEY|TOKEN)_?\w*(?:DISABLED?|_OFF|SKIP|BYPASS|ENABLED?|_ON|REQUIRED|ENFORCED?)$/i;
export const STAGE =
  /^(?:NODE_ENV|\w*STAGE|APP_ENV|\w*ENVIRONMENT|ENV|VERCEL_ENV|DEPLOY_ENV|IS_?(?:DEV|LOCAL|PROD|TEST)\w*|DEV|PROD|MODE)$/i;

/** Words without which a value is not worth looking at as a setting. */
const SETTING_WORD =
  /auth|skip|disab|enabl|env|stage|dev|prod|mock|local|test|bypass|guard|config|settings|secur|^mode/i;

const CONVERTS =
  /^(?:String|Boolean|\w*bool(?:ean)?(?:Value|Env)?|(?:is_?)?(?:on|true|truthy|enabled|set|yes)|parse_?flag|env_?flag)$/i;

/** Whether people may sign up is no question of access. */
const SIGN_UP = /sign_?up|regist(?:er|ration)|onboard|invit/i;

/** The variable or setting that a value is made of, when its name says that it is a stage or a switch for protection. */
export function settingOf(fn: FunctionView, v: number, queries: LinkQueries): string | null {
  const converted = convertedBy(fn, v);
  if (converted !== NONE) return settingOf(fn, converted, queries);
  const names = namesOf(fn, v);
  const last = names.at(-1) ?? "";
  if (SIGN_UP.test(last)) return null;
  if (
    names.length > 1 &&
    /^(?:process|env|config\w*|settings|options?|import|meta|\w*env|\w*config)$/i.test(names.at(-2) ?? "")
  ) {
    if (isSetting(last)) return last;
  }
  if (names.length === 1 && /^is_?(?:dev|prod|local|test)(?:elopment|uction|ing)?(?:_?(?:env|mode))?$/i.test(last))
    return last;
  const fixed = fn.op(behind(fn, v));
  if (!SETTING_WORD.test([...names, ...namesOf(fn, behind(fn, v))].join("_")) && fixed !== Op.Binary) return null;
  if (fixed !== Op.Member && fixed !== Op.Var && fixed !== Op.Call && fixed !== Op.Index && fixed !== Op.Binary)
    return null;
  for (const origin of settings(queries.evaluate({ fn, v, frame: null }), 0)) {
    if (!isConfiguration(origin)) continue;
    const name = variableOf(origin) || (origin.kind === "source" ? (origin.path.split(".").at(-1) ?? "") : "");
    if (isSetting(name)) return name;
  }
  return null;
}

/** `isOn(env.SKIP_AUTH)`, `Boolean(env.SKIP_AUTH)`: what a text is taken for; NONE for any other call. */
function convertedBy(fn: FunctionView, v: number): number {
  const call = behind(fn, v);
  if (fn.op(call) !== Op.Call) return NONE;
  const [only, ...others] = fn.args(call);
  return others.length === 0 && only !== undefined && CONVERTS.test(namesOf(fn, fn.callee(call)).at(-1) ?? "")
    ? only
    : NONE;
}

/** A stage, or a switch for protection; how often, how long and how loud is something else. */
function isSetting(name: string): boolean {
  return (SWITCH.test(name) && !/RATE|LIMIT|CACHE|METRIC|TRACE|LOGGING|TTL/i.test(name)) || STAGE.test(name);
}

/** What a value is made of by comparing and converting; what unread calls made of it is something else. */
function settings(origins: readonly Origin[], depth: number): readonly Origin[] {
  return origins.flatMap((origin) => {
    if (depth > 4) return [];
    if (origin.kind === "fallback") return settings([...origin.value, ...origin.or], depth + 1);
    if (origin.kind === "derived") return origin.how === "call" ? [] : settings(origin.of, depth + 1);
    return [origin];
  });
}
