/** What the parts of this analysis share: the program and what is known of configuration values. */
import type { ProgramIndex } from "../../frameworks/routing.js";
import { NONE, Op } from "../../model/lowered.js";
import { behind } from "../../program/facts/conditions.js";
import type { Guarantees } from "../../program/facts/guarantees.js";
import type { ProgramFile } from "../../program/linking/function-view.js";
import type { Program } from "../../program/linking/program.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { LinkQueries, Origin, PackageOrigin, Site } from "../../program/values/origin.js";
import { originKey } from "../../program/values/origin-keys.js";
import type { OptionValue } from "../verification/token-options.js";
import { SEALS, type Seal } from "./session-libraries.js";
import type { Spot } from "./token-values.js";

export interface TokenInput {
  readonly program: Program;
  readonly queries: LinkQueries;
  readonly guarantees: Guarantees;
  readonly index: ProgramIndex;
}

export class TokenContext {
  readonly #demanded = new Map<ProgramFile, ReadonlySet<string>>();
  readonly #filesNaming = new Map<string, readonly ProgramFile[]>();
  #seals: readonly Seal[] | undefined;

  constructor(readonly input: TokenInput) {}

  get queries(): LinkQueries {
    return this.input.queries;
  }

  /** Libraries that seal sessions, as far as the program imports them. */
  get seals(): readonly Seal[] {
    if (this.#seals !== undefined) return this.#seals;
    const modules = [...this.input.index.modules()];
    this.#seals = SEALS.filter((seal) => modules.some((module) => seal.module.test(module)));
    return this.#seals;
  }

  /** Whether a value is there, is not, or depends on a variable of the environment that nobody demands. */
  stateOf(origins: readonly Origin[]): OptionValue {
    const empty = (o: Origin): boolean => o.kind === "constant" && (o.value === undefined || o.value === null);
    if (origins.every(empty)) return { state: "absent", origins, variable: "" };
    if (!origins.every((o) => empty(o) || isSettled(o))) return { state: "unknown", origins, variable: "" };
    const [only] = origins;
    if (origins.length === 1 && only.kind === "package") {
      const variable = variableOf(only);
      if (variable !== "" && !this.isDemanded(only, variable)) return { state: "maybe", origins, variable };
    }
    return { state: origins.some(empty) ? "maybe" : "present", origins, variable: "" };
  }

  /** True when some file of the program refuses to start without the variable, or parses the environment with a schema. */
  isDemanded(origin: PackageOrigin, variable: string): boolean {
    const key = originKey(origin);
    return this.#naming(variable).some((file) => this.#demands(file).has(key) || readsWhole(file));
  }

  /** Whether any file of the program speaks of one of these words. */
  mentions(words: readonly string[]): boolean {
    return words.some((word) => this.#naming(word).length > 0);
  }

  #naming(variable: string): readonly ProgramFile[] {
    let known = this.#filesNaming.get(variable);
    if (known === undefined) {
      known = [...this.input.program.files].filter((file) => file.lowered.strings.includes(variable));
      this.#filesNaming.set(variable, known);
    }
    return known;
  }

  #demands(file: ProgramFile): ReadonlySet<string> {
    let known = this.#demanded.get(file);
    if (known === undefined) {
      const found = new Set<string>();
      for (const fact of this.input.guarantees.ensures(file.module, { kind: "return" }, null)) {
        if (fact.kind === "present") for (const origin of leaves(fact.of)) found.add(originKey(origin));
      }
      known = found;
      this.#demanded.set(file, known);
    }
    return known;
  }

  /** The expression a value was written as, through variables and imports. */
  written(spot: Spot): Spot {
    let at = spot;
    for (let i = 0; i < 12; i += 1) {
      const v = behind(at.fn, at.v);
      const next = at.fn.op(v) === Op.Var ? this.#stored(at.fn, v) : null;
      if (next === null) return { fn: at.fn, v };
      at = next;
    }
    return at;
  }

  #stored(fn: Spot["fn"], v: number): Spot | null {
    const owner = fn.ancestor(fn.a(v));
    const slot = owner?.info.slots[fn.b(v)];
    if (owner === null || slot === undefined || slot.storedInInner) return null;
    const stores = owner.storesTo(fn.b(v));
    return stores.length === 1 ? { fn: owner, v: stores[0] } : null;
  }

  evaluate(site: Spot, frame: Site["frame"] = null): readonly Origin[] {
    return site.v === NONE ? [] : this.queries.evaluate({ fn: site.fn, v: site.v, frame });
  }
}

/** A schema over the whole environment names its variables as keys: whether they may be missing is its business. */
function readsWhole(file: ProgramFile): boolean {
  return file.lowered.imports.some((i) =>
    /^(?:zod|joi|@hapi\/joi|yup|envalid|env-var|valibot|@t3-oss\/env|arktype|znv|envsafe|convict|@nestjs\/config)/.test(
      i.module,
    ),
  );
}

/** A value of which the program knows all that there is to know. */
function isSettled(origin: Origin): boolean {
  switch (origin.kind) {
    case "constant":
    case "literal":
    case "function":
    case "class":
    case "instance":
      return true;
    case "package":
      return true;
    case "source":
      return origin.source === "config";
    case "derived":
      return origin.of.length > 0 && origin.of.every(isSettled);
    default:
      return false;
  }
}

/** Name of the variable for `process.env.X`, '' for anything else. */
export function variableOf(origin: Origin): string {
  if (origin.kind !== "package" || (origin.module !== "" && !/^(?:node:)?process$/.test(origin.module))) return "";
  return /^(?:process\.env|env|import\.meta\.env|Bun\.env)\.([A-Za-z_]\w*)$/.exec(origin.path)?.[1] ?? "";
}

/** A value that comes from configuration. */
export function isConfiguration(origin: Origin): boolean {
  if (origin.kind === "source") return origin.source === "config";
  return variableOf(origin) !== "";
}
