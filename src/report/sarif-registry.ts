/** Gives rules, taxonomies and their entries the index that references to them must carry. */
import type { ReportingDescriptor, ReportingDescriptorReference, ToolComponent, ToolComponentReference } from "sarif";
import { byText } from "../base/path.js";
import type { RuleMeta } from "../model/rule.js";
import { TAXONOMIES, type Taxonomy } from "./taxonomies.js";
import { pascalCase, sentence } from "./tool.js";

/** The taxonomy that an id belongs to; null for an id of no taxonomy that is known here. */
export function taxonomyOf(id: string): Taxonomy | null {
  return TAXONOMIES.find((taxonomy) => taxonomy.owns.test(id)) ?? null;
}

/** Ids of all taxa that a rule cites: primary CWE first. */
export function taxaOf(rule: RuleMeta): string[] {
  return [...new Set([...rule.cwe.map((number) => `CWE-${number}`), ...rule.taxa])];
}

/** Only taxonomies and entries that some rule cites are listed, in a fixed order. */
export class TaxonRegistry {
  private readonly components: readonly { readonly taxonomy: Taxonomy; readonly ids: readonly string[] }[];

  constructor(rules: readonly RuleMeta[]) {
    const cited = [...new Set(rules.flatMap(taxaOf))].sort(naturally);
    this.components = TAXONOMIES.flatMap((taxonomy) => {
      const ids = cited.filter((id) => taxonomy.owns.test(id));
      return ids.length === 0 ? [] : [{ taxonomy, ids }];
    });
  }

  /** A full reference to an entry; null when its taxonomy is not known. */
  reference(id: string): ReportingDescriptorReference | null {
    const at = this.components.findIndex(({ taxonomy }) => taxonomy.owns.test(id));
    const component = this.components[at];
    if (!component) return null;
    return { id, index: component.ids.indexOf(id), toolComponent: toReference(component.taxonomy, at) };
  }

  /** `tool.driver.supportedTaxonomies`. */
  supported(): ToolComponentReference[] {
    return this.components.map(({ taxonomy }, index) => toReference(taxonomy, index));
  }

  /** `run.taxonomies`. */
  taxonomies(): ToolComponent[] {
    return this.components.map(({ taxonomy, ids }) => ({
      name: taxonomy.name,
      fullName: taxonomy.fullName,
      version: taxonomy.version,
      organization: taxonomy.organization,
      guid: taxonomy.guid,
      language: "en-US",
      informationUri: taxonomy.informationUri,
      isComprehensive: false,
      shortDescription: { text: sentence(taxonomy.about) },
      taxa: ids.map((id) => toTaxon(taxonomy, id)),
    }));
  }
}

function toReference(taxonomy: Taxonomy, index: number): ToolComponentReference {
  return { name: taxonomy.name, index, guid: taxonomy.guid };
}

function toTaxon(taxonomy: Taxonomy, id: string): ReportingDescriptor {
  const title = taxonomy.title(id);
  return { id, name: pascalCase(title), shortDescription: { text: sentence(title) }, helpUri: taxonomy.helpUri(id) };
}

/** `CWE-99` before `CWE-306`. */
function naturally(a: string, b: string): number {
  const pad = (id: string) => id.replace(/\d+/g, (digits) => digits.padStart(6, "0"));
  return byText(pad(a), pad(b));
}
