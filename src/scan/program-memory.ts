/** The program of the answer before, for the next answer ahead of a run: files that an edit does not concern stay linked. */
import { PartMemory } from "../facts/part-memory.js";
import { Dependents, type SourceFile } from "../program/linking/dependents.js";
import { type ModuleResolver, Program } from "../program/linking/program.js";

export class ProgramMemory {
  readonly parts = new PartMemory();
  readonly #dependents: Dependents;
  #program: Program | undefined;

  /** @param resolver of the listing that all programs are made of */
  constructor(private readonly resolver: ModuleResolver) {
    this.#dependents = new Dependents(resolver);
  }

  /** The program as the files are now. */
  renewed(files: readonly SourceFile[]): Program {
    const before = this.#program;
    const concerned = this.#dependents.changedBy(files);
    this.#program = new Program(files, this.resolver, (path) =>
      concerned === null || concerned.has(path) ? undefined : before?.file(path),
    );
    return this.#program;
  }
}
