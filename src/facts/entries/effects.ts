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
    module:
      /^(?:openai|@anthropic-ai\/.*|@ai-sdk\/.*|ai|@google\/(?:generative-ai|genai)|groq-sdk|cohere-ai|@mistralai\/.*|replicate|@huggingface\/inference)$/,
    path: /create|generate|stream|complete|chat|embed|\.run$/i,
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
  {
    module: /^(?:node:child_process|child_process|execa|cross-spawn|shelljs|zx|fluent-ffmpeg)$/,
    path: /./,
    effect: "runs programs",
  },
  { module: /^bun$/, path: /^(?:spawn|spawnSync|\$)/, effect: "runs programs" },
  { module: /^bun$/, path: /^write/, effect: "writes files" },
  { module: /^$/, path: /^(?:Bun\.(?:spawn|spawnSync|\$)|Deno\.Command)/, effect: "runs programs" },
  { module: /^$/, path: /^(?:Bun\.write|Deno\.(?:write|remove|mkdir))/, effect: "writes files" },
  {
    module: /^(?:puppeteer(?:-core)?|playwright(?:-core)?|@playwright\/test)$/,
    path: /launch|connect/,
    effect: "drives a browser",
  },
  {
    module: /^(?:dockerode|ssh2|node-ssh|@kubernetes\/client-node|simple-git)$/,
    path: /./,
    effect: "commands other machines",
  },
  {
    module: /^(?:@aws-sdk\/|aws-sdk$|@google-cloud\/|@azure\/(?!identity)|minio$|cloudinary$|@vercel\/blob$)/,
    path: /send|upload|getSignedUrl|presigned|putObject|removeObject|\.put$|^put$|^del$|publish/i,
    effect: "uses cloud storage or services",
  },
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
