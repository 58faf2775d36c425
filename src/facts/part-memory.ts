/** What the judging of one part leaves for the next one: an editor asks for one after the other. */
import { indexProgram } from "../frameworks/program-index.js";
import type { ProgramIndex } from "../frameworks/routing.js";
import type { SchemaFile } from "../frameworks/schema/prisma-schema.js";
import type { DataModel } from "../model/data-model.js";
import type { Program } from "../program/linking/program.js";
import type { Evaluator } from "../program/values/evaluate.js";
import type { Analysis } from "./analysis.js";
import type { DeclaredData } from "./models.js";

interface Analysed {
  readonly queries: Evaluator;
  readonly analysis: Analysis;
}

export class PartMemory {
  #index: ProgramIndex | undefined;
  #analysed: Analysed | undefined;
  /** reads entities, before calls of data layers mean anything */
  #entities: Evaluator | undefined;
  #models = "";
  #declared: { readonly files: readonly SchemaFile[]; readonly data: DeclaredData } | undefined;

  /** What schema files declare, read once for the same texts. */
  async declaredBy(
    files: readonly SchemaFile[],
    read: (files: readonly SchemaFile[]) => Promise<DeclaredData>,
  ): Promise<DeclaredData> {
    const known = this.#declared;
    const same =
      known?.files.length === files.length &&
      known.files.every(({ path, text }, at) => path === files[at].path && text === files[at].text);
    if (known !== undefined && same) return known.data;
    const data = await read(files);
    this.#declared = { files, data };
    return data;
  }

  /** The index of the program, made of that of the program before. */
  indexOf(program: Program): ProgramIndex {
    this.#index = indexProgram(program, this.#index);
    return this.#index;
  }

  /** What calls of the data layers mean hangs on all models, so nothing holds when one of them is another. */
  analysisFor(models: readonly DataModel[]): Analysed | undefined {
    const said = JSON.stringify(models);
    if (this.#models !== said) this.#analysed = undefined;
    this.#models = said;
    return this.#analysed;
  }

  /** @param make given the evaluator of the time before */
  entityEvaluator(make: (before: Evaluator | undefined) => Evaluator): Evaluator {
    this.#entities = make(this.#entities);
    return this.#entities;
  }

  keep(analysed: Analysed): void {
    this.#analysed = analysed;
  }
}
