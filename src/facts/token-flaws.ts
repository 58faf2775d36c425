/** What goes wrong around tokens, file by file: each kind looks only where its words are spoken. */
import type { TokenFlaw } from "../model/token-flaws.js";
import type { FunctionView, ProgramFile } from "../program/function-view.js";
import { emailLinkings } from "./email-linking.js";
import type { TokenCallers } from "./token-callers.js";
import type { TokenContext } from "./token-context.js";
import { ClaimTracer } from "./token-uses.js";

interface Kind {
  /** what a file must speak of to be worth looking at */
  readonly speaks: RegExp;
  readonly of: (fn: FunctionView) => readonly TokenFlaw[];
}

export class TokenFlaws {
  readonly found: TokenFlaw[] = [];
  readonly #kinds: readonly Kind[];

  constructor(context: TokenContext, callers: TokenCallers) {
    const tracer = new ClaimTracer(context, callers);
    this.#kinds = [
      {
        speaks: /passport-|remix-auth-|allowDangerousEmailAccountLinking/,
        of: (fn) => emailLinkings(fn, context, tracer),
      },
    ];
  }

  collect(file: ProgramFile): void {
    for (const kind of this.#kinds) {
      if (!speaksOf(file, kind.speaks)) continue;
      for (let i = 0; i < file.functionCount; i += 1) this.found.push(...kind.of(file.fn(i)));
    }
  }
}

function speaksOf({ lowered }: ProgramFile, words: RegExp): boolean {
  return lowered.strings.some((text) => words.test(text)) || lowered.imports.some((i) => words.test(i.module));
}
