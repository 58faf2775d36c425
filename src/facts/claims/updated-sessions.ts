/** Claims of a session that a page may change: what `update(…)` of NextAuth sends, put into the token as it comes. */
import { Op, PropKind } from "../../model/lowered.js";
import type { TokenFlaw } from "../../model/token-flaws.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { TokenContext } from "./token-context.js";
import { symbolOf } from "./token-values.js";

/** What decides on somebody's rights; a name or a picture is theirs to change. */
const DECIDES =
  /^(?:roles?|is_?admin|admin|permissions?|scopes?|plan|(?:tenant|org(?:anization)?|workspace|team)_?id|id|sub|user_?id|e?mail)$/i;

/** `jwt({ token, trigger, session }) { if (trigger === "update") return { ...token, ...session }; }` */
export function updatedSessions(fn: FunctionView, context: TokenContext): readonly TokenFlaw[] {
  if (fn.info.name !== "jwt" || fn.info.params.length === 0) return [];
  const found: TokenFlaw[] = [];
  const sent = (v: number): boolean =>
    leaves(context.evaluate({ fn, v })).some(
      (o) => o.kind === "parameter" && o.fn === fn && o.index === 0 && o.path[0] === "session",
    );
  const tell = (v: number, name: string): void => {
    found.push({
      kind: "asserted-identity",
      place: fn.place(v),
      call: name,
      symbol: symbolOf(fn),
      detail: "",
      evidence: [],
      confidence: "proven",
    });
  };
  for (let v = 0; v < fn.valueCount; v += 1) {
    if (fn.op(v) === Op.SetMember && DECIDES.test(fn.text(fn.b(v))) && sent(fn.c(v)))
      tell(v, `session.${fn.text(fn.b(v))}`);
    if (fn.op(v) !== Op.Object) continue;
    const spread = [...fn.props(v)].some((prop) => prop.kind === PropKind.Spread && sent(prop.value));
    if (spread) tell(v, "session");
  }
  return found;
}
