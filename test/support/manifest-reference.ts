/** The manifest's JSON Schema as a page of Markdown: one table for each mapping. */
import { isRecord } from "../../src/base/json.js";

type Schema = Readonly<Record<string, unknown>>;

const HEAD = `# Manifest reference

Made from the schema that validates the manifest; a test keeps it up to date. The file is \`authgap.policy.yaml\` (or \`.yml\`, \`.json\`) at the root of the repository.
Unknown keys are errors. \`authgap policy check\` validates it, \`authgap policy explain "<METHOD path>"\` shows what it says of one entry point.
`;

/** @returns the page, with a final line break */
export function manifestReference(schema: Schema): string {
  const sections: string[] = [];
  describeMapping("", schema, sections);
  return `${[HEAD.trimEnd(), ...sections].join("\n\n")}\n`;
}

function describeMapping(path: string, schema: Schema, sections: string[]): void {
  const properties = isRecord(schema.properties) ? schema.properties : {};
  const required = Array.isArray(schema.required) ? schema.required : [];
  const rows: string[] = [];
  const inner: { readonly path: string; readonly schema: Schema }[] = [];
  for (const [name, property] of Object.entries(properties)) {
    if (name === "$schema" || !isRecord(property)) continue;
    const about = typeof property.description === "string" ? property.description : "";
    rows.push(`| \`${name}\` | ${typeText(property)} | ${required.includes(name) ? "yes" : ""} | ${escaped(about)} |`);
    const nested = nestedIn(property, path === "" ? name : `${path}.${name}`);
    if (nested !== null) inner.push(nested);
  }
  const title = path === "" ? "Top level" : `\`${path}\``;
  sections.push([`## ${title}`, "", "| key | value | required | meaning |", "|---|---|---|---|", ...rows].join("\n"));
  for (const one of inner) describeMapping(one.path, one.schema, sections);
}

/** The mapping that a value is or holds. */
function nestedIn(schema: Schema, path: string): { readonly path: string; readonly schema: Schema } | null {
  if (isRecord(schema.properties)) return { path, schema };
  if (isRecord(schema.items)) return nestedIn(schema.items, `${path}[]`);
  return isRecord(schema.additionalProperties) ? nestedIn(schema.additionalProperties, `${path}.<name>`) : null;
}

function typeText(schema: Schema): string {
  if (Array.isArray(schema.enum)) return schema.enum.map((value) => `\`${String(value)}\``).join(", ");
  if (schema.const !== undefined) return `\`${String(schema.const)}\``;
  if (isRecord(schema.items)) return `list of ${typeText(schema.items)}`;
  if (isRecord(schema.additionalProperties)) return `name → ${typeText(schema.additionalProperties)}`;
  if (schema.type === "object") return "mapping";
  if (schema.format === "date") return "date";
  return schema.type === "string" ? "text" : String(schema.type ?? "");
}

function escaped(text: string): string {
  return text.replace(/[|*<>]/g, "\\$&");
}
