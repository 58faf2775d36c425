/** Who sends what a handler receives, by the signature header of the provider that it mentions. */
import type { EntryPoint } from "../../model/facts.js";
import { Op } from "../../model/lowered.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import type { Origin } from "../../program/values/origin.js";
import type { Analysis } from "../analysis.js";

/** Headers with which providers sign what they send; nothing else carries them. */
const SIGNATURE_HEADERS: ReadonlyMap<string, string> = new Map([
  ["stripe-signature", "Stripe"],
  ["x-hub-signature", "GitHub"],
  ["x-hub-signature-256", "GitHub"],
  ["x-github-event", "GitHub"],
  ["x-github-delivery", "GitHub"],
  ["x-gitlab-event", "GitLab"],
  ["x-gitlab-token", "GitLab"],
  ["x-slack-signature", "Slack"],
  ["x-slack-request-timestamp", "Slack"],
  ["x-shopify-hmac-sha256", "Shopify"],
  ["x-shopify-topic", "Shopify"],
  ["x-twilio-signature", "Twilio"],
  ["x-twilio-email-event-webhook-signature", "SendGrid"],
  ["svix-id", "Svix"],
  ["svix-signature", "Svix"],
  ["webhook-signature", "a provider of standard webhooks"],
  ["paddle-signature", "Paddle"],
  ["paypal-transmission-sig", "PayPal"],
  ["linear-signature", "Linear"],
  ["x-signature-ed25519", "Discord"],
  ["x-razorpay-signature", "Razorpay"],
  ["x-square-hmacsha256-signature", "Square"],
  ["x-zm-signature", "Zoom"],
  ["typeform-signature", "Typeform"],
  ["upstash-signature", "QStash"],
  ["workos-signature", "WorkOS"],
  ["x-vercel-signature", "Vercel"],
  ["x-event-key", "Bitbucket"],
  ["intuit-signature", "Intuit"],
  ["x-hubspot-signature", "HubSpot"],
  ["x-hubspot-signature-v3", "HubSpot"],
]);

const MAX_DEPTH = 2;
const known = new WeakMap<FunctionView, string>();

/** Null when the handler mentions none of the headers. */
export function senderOf(handler: Origin, analysis: Analysis): EntryPoint["sender"] | null {
  const header = handler.kind === "function" ? mentioned(handler.fn, analysis, 0) : "";
  const name = SIGNATURE_HEADERS.get(header);
  return name === undefined ? null : { name, header, signature: /sig|hmac|token|^svix-id$/.test(header) };
}

function mentioned(fn: FunctionView, analysis: Analysis, depth: number): string {
  const answer = known.get(fn);
  if (answer !== undefined) return answer;
  known.set(fn, "");
  const found = headerIn(fn) || (depth < MAX_DEPTH ? inCalled(fn, analysis, depth) : "");
  if (found !== "" || depth === 0) known.set(fn, found);
  else known.delete(fn);
  return found;
}

function headerIn(fn: FunctionView): string {
  let found = "";
  for (let v = 0; v < fn.valueCount; v += 1) {
    const op = fn.op(v);
    const text = op === Op.String ? fn.text(fn.a(v)) : op === Op.Member ? fn.text(fn.b(v)) : "";
    const header = text.toLowerCase();
    if (text === "" || !SIGNATURE_HEADERS.has(header)) continue;
    // the one that could be verified says more than the one that names the event
    if (found === "" || /sig|hmac|token/.test(header)) found = header;
  }
  return found;
}

function inCalled(fn: FunctionView, analysis: Analysis, depth: number): string {
  for (let v = 0; v < fn.valueCount; v += 1) {
    if (fn.op(v) === Op.Closure) {
      const inner = mentioned(fn.file.fn(fn.a(v)), analysis, depth + 1);
      if (inner !== "") return inner;
    }
    if (fn.op(v) !== Op.Call) continue;
    for (const callee of analysis.queries.evaluate({ fn, v: fn.callee(v), frame: null })) {
      if (callee.kind !== "function" || callee.fn === fn) continue;
      const inner = mentioned(callee.fn, analysis, depth + 1);
      if (inner !== "") return inner;
    }
  }
  return "";
}
