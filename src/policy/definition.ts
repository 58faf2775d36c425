/**
 * The one definition of the manifest: it validates, it types, and the published JSON Schema is made from it.
 * Loaded only when a manifest exists, because zod costs start-up time.
 */
import { z } from "zod";

const text = z.string().trim().min(1);
const date = z.iso.date().describe("last day on which this holds, as 2027-01-31");
const reason = z.string().describe("why, in words that a reviewer can check");
const owner = z.string().describe("team or person who answers for it");
const code = text.describe("where it stands: src/auth/guards.ts#requireUser, or package#export");
const requirement = z.enum(["authentication", "decision", "stepUp", "signature"]);
const requirements = z.array(requirement).describe("what every matching entry must do before its handler runs");
const tests = z
  .array(z.enum(["denial", "roleChange", "otherTenant", "deletedUser"]))
  .describe("refusals that the project's own tests must show for every matching entry");
const roles = z.array(text).describe("roles that the decision admits");
const pattern = text
  .regex(/^\S+\s+\S/, "must be a method and a path or name")
  .describe("METHOD /path with :param, * (one segment) and ** (any number), or METHOD name; * for any method");

const control = z.strictObject({ at: code.optional(), owner: owner.optional() });
const presence = z.enum(["required", "optional"]);

const identity = z.strictObject({
  provider: text.optional().describe("who signs callers in: workos-authkit, auth0, next-auth, own"),
  controls: z
    .strictObject({
      signIn: control.optional(),
      sessionIssuance: control.optional(),
      tokenValidation: control.optional(),
      keyRotation: control.optional(),
    })
    .optional()
    .describe("where each part of the control boundary lies and who owns it"),
  tokens: z
    .strictObject({
      issuer: presence.optional(),
      audience: presence.optional(),
      algorithms: z.array(text).optional(),
      requiredClaims: z.array(text).optional(),
    })
    .optional()
    .describe("what every accepted token must satisfy"),
});

const guard = z.strictObject({
  use: code.describe("src/auth/guards.ts#requireUser, package#export, or a glob before the #"),
  grants: z.enum(["authentication", "decision", "stepUp", "signature", "presence", "attach", "neutral"]),
});

const route = z
  .strictObject({
    match: pattern,
    in: text.optional().describe("files in which the entry is defined: apps/web/**; everywhere when absent"),
    public: z.boolean().optional().describe("open to anonymous callers on purpose"),
    require: requirements.optional(),
    roles: roles.optional(),
    tests: tests.optional(),
    reason: reason.optional(),
    owner: owner.optional(),
    expires: date.optional(),
  })
  .refine((rule) => !(rule.public === true && (rule.require ?? []).length > 0), {
    message: "is public and has requirements at once",
    path: ["public"],
  });

const tenancy = z.strictObject({
  keys: z.array(text).optional().describe("columns that hold the tenant"),
  ownerKeys: z.array(text).optional().describe("columns that hold the owning user"),
  sources: z.array(text).optional().describe("trusted places of the caller's tenant: session.orgId"),
  global: z.array(text).optional().describe("models that belong to no tenant"),
  enforcedBy: z.array(code).optional().describe("functions that bind every query to the tenant"),
});

const model = z.strictObject({
  enforcedBy: z.array(code).optional(),
  write: z.strictObject({ require: requirements.optional(), roles: roles.optional() }).optional(),
});

const bypass = z.strictObject({ at: code, reason, owner, expires: date.optional() });

const exception = z.strictObject({
  rule: text.describe("code or name of the rule: AG301, unscoped-query"),
  subject: text.describe("what the finding is about, as the report prints it; * and ** as in routes"),
  reason,
  owner,
  expires: date.optional(),
});

const ruleName = z.string().regex(/^(AG\d{3}|[a-z]+(-[a-z]+)+)$/, "must be a rule's code or name");

/** The manifest `authgap.policy.yaml`, version 1. */
export const manifestSchema = z.strictObject({
  $schema: z.string().optional(),
  version: z.literal(1),
  extends: z.array(text).optional().describe("manifests whose demands hold here too: relative paths or packages"),
  identity: identity.optional().describe("where the control boundary lies, and who owns it"),
  guards: z.array(guard).optional().describe("what the project's own steps do"),
  policyLayer: z.array(text).optional().describe("files in which decisions may be taken"),
  routes: z
    .strictObject({
      default: z.strictObject({ require: requirements, tests: tests.optional() }).optional(),
      rules: z.array(route).optional(),
    })
    .optional()
    .describe("what entry points demand; the most specific pattern wins"),
  tenancy: tenancy.optional(),
  models: z.record(text, model).optional().describe("what the code alone cannot tell about a model"),
  privileges: z
    .strictObject({ column: text.describe("Member.role"), order: z.array(text).describe("weakest first") })
    .optional(),
  impersonation: z.strictObject({ at: code, allow: z.enum(["read", "write"]) }).optional(),
  setup: z.strictObject({ until: code.describe("function that tells whether set-up is finished") }).optional(),
  bypasses: z.array(bypass).optional().describe("places that may skip checks, each with reason and owner"),
  rules: z.record(ruleName, z.enum(["off", "error", "warning", "note"])).optional(),
  exceptions: z.array(exception).optional().describe("accepted findings, each with reason and owner"),
});

/** A manifest as written, after validation. */
export type Manifest = z.infer<typeof manifestSchema>;

/**
 * The JSON Schema for editors, made from the definition above.
 *
 * @returns the text of `schema/authgap.policy.schema.json`, formatted, with a final newline
 */
export function manifestJsonSchema(): string {
  // draft 7 is what YAML language servers understand
  const schema = z.toJSONSchema(manifestSchema, { target: "draft-7", io: "input" });
  return `${JSON.stringify({ ...schema, title: "authgap policy manifest" }, null, 2)}\n`;
}

/** What the path of a validation error leads to, as far as suggestions need it. */
function descend(schema: z.ZodType, key: PropertyKey): z.ZodType | null {
  if (schema instanceof z.ZodOptional) return descend(asType(schema.unwrap()), key);
  if (schema instanceof z.ZodObject) {
    const shape: Record<string, unknown> = schema.shape;
    return Object.hasOwn(shape, key) ? asType(shape[String(key)]) : null;
  }
  if (schema instanceof z.ZodArray) return asType(schema.element);
  if (schema instanceof z.ZodRecord) return asType(schema.valueType);
  return null;
}

function asType(value: unknown): z.ZodType {
  return value instanceof z.ZodType ? value : z.unknown();
}

/** What may stand at a place of the manifest. */
export interface Described {
  readonly keys: readonly { readonly name: string; readonly description: string }[];
  /** the values that are allowed, none when that is open */
  readonly values: readonly string[];
  readonly description: string;
}

/** @param path keys and indexes from the top */
export function describeAt(path: readonly PropertyKey[]): Described {
  let here: z.ZodType | null = manifestSchema;
  for (const key of path) here = here === null ? null : descend(here, key);
  const description = here?.description ?? "";
  while (here instanceof z.ZodOptional) here = asType(here.unwrap());
  return {
    keys: Object.entries(here instanceof z.ZodObject ? here.shape : {}).map(([name, type]) => ({
      name,
      description: asType(type).description ?? "",
    })),
    values: here === null ? [] : valuesOf(here),
    description: description || (here?.description ?? ""),
  };
}

function valuesOf(type: z.ZodType): readonly string[] {
  if (type instanceof z.ZodEnum) return type.options.map(String);
  if (type instanceof z.ZodLiteral) return [...type.values].map(String);
  return type instanceof z.ZodBoolean ? ["true", "false"] : [];
}

/**
 * The keys that the manifest allows at a place.
 *
 * @param path keys and indexes from the top
 * @returns names, empty when the place takes no fixed keys
 */
export function knownKeys(path: readonly PropertyKey[]): readonly string[] {
  let here: z.ZodType | null = manifestSchema;
  for (const key of path) here = here === null ? null : descend(here, key);
  while (here instanceof z.ZodOptional) here = asType(here.unwrap());
  return here instanceof z.ZodObject ? Object.keys(here.shape) : [];
}
