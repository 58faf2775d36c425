/** Calls that act on the world outside the database: reasons for a guard even where no data is touched. */
import type { Origin } from "../../program/values/origin.js";

const EFFECTS: readonly { readonly module: RegExp; readonly path: RegExp; readonly effect: string }[] = [
  {
    module: /^(?:nodemailer|@sendgrid\/.*|resend|postmark|mailgun.*|@mailchimp\/.*)$/,
    path: /send|create/i,
    effect: "sends mail",
  },
  { module: /^(?:twilio)$/, path: /create/i, effect: "sends messages" },
  { module: /^stripe$/, path: /create|update|del|cancel|retrieve|list/i, effect: "uses the payment account" },
  {
    module: /^(?:openai|@anthropic-ai\/.*|@ai-sdk\/.*|ai)$/,
    path: /create|generate|stream/i,
    effect: "spends on a paid service",
  },
  {
    module: /^(?:node:fs|node:fs\/promises|fs|fs-extra|fs\/promises)$/,
    path: /write|unlink|rm|mkdir|rename|append|createWriteStream/i,
    effect: "writes files",
  },
  {
    module: /^(?:node:fs|node:fs\/promises|fs|fs-extra|fs\/promises)$/,
    path: /readFile|createReadStream/i,
    effect: "reads files",
  },
  { module: /^(?:node:child_process|child_process|execa)$/, path: /./, effect: "runs programs" },
  { module: /^@aws-sdk\//, path: /send|upload|getSignedUrl/i, effect: "uses cloud storage or services" },
  {
    module: /^(?:bullmq|bull|@nestjs\/bullmq|@trigger\.dev\/sdk.*|inngest|pg-boss)$/,
    path: /\.(?:add|addBulk|send|trigger|enqueue)$/,
    effect: "starts jobs",
  },
  { module: /^(?:axios|got|node-fetch|undici|ky)$/, path: /./, effect: "calls other services" },
  { module: /^$/, path: /^fetch$/, effect: "calls other services" },
];

/** @returns null for calls without an outside effect that is known */
export function externalEffect(callees: readonly Origin[]): string | null {
  for (const callee of callees) {
    if (callee.kind !== "package") continue;
    for (const { module, path, effect } of EFFECTS)
      if (module.test(callee.module) && path.test(callee.path)) return effect;
  }
  return null;
}
