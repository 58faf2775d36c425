/** What goes wrong around tokens, file by file: each kind looks only where its words are spoken. */
import type { TokenFlaw } from "../../model/token-flaws.js";
import type { FunctionView, ProgramFile } from "../../program/linking/function-view.js";
import { assertedIdentities, metadataDecisions, metadataIdentities } from "../claims/asserted-identity.js";
import { unheardAnswers } from "../claims/token-answers.js";
import type { TokenCallers } from "../claims/token-callers.js";
import type { TokenContext } from "../claims/token-context.js";
import { ClaimTracer } from "../claims/token-uses.js";
import { updatedSessions } from "../claims/updated-sessions.js";
import { emailLinkings } from "./email-linking.js";
import { endlessSeals } from "./endless-seals.js";
import { emailsOfTokens } from "./provider-claims.js";
import { answeringChecks } from "./token-custom-checks.js";
import { anyTokenUse, confusedPurposes, endlessTokens, type Reading, readingsIn } from "./token-purposes.js";
import { type Signing, signingsIn } from "./token-signings.js";
import { storedTokens } from "./token-storage.js";
import { unreadClaims } from "./token-unread.js";

interface Kind {
  /** what a file must speak of to be worth looking at */
  readonly speaks: RegExp;
  readonly look: (fn: FunctionView) => void;
}

export class TokenFlaws {
  readonly #found: TokenFlaw[] = [];
  readonly #signings: Signing[] = [];
  readonly #readings: Reading[] = [];
  readonly #kinds: readonly Kind[];

  constructor(context: TokenContext, callers: TokenCallers) {
    const tracer = new ClaimTracer(context, callers);
    this.#kinds = [
      {
        speaks: /passport-|remix-auth-|allowDangerousEmailAccountLinking|providerAccountId/,
        look: (fn) => this.#found.push(...emailLinkings(fn, context, tracer)),
      },
      {
        speaks: /^jose$|^google-auth-library$/,
        look: (fn) => this.#found.push(...emailsOfTokens(fn, context, callers)),
      },
      {
        speaks: /^next-auth|^@auth\//,
        look: (fn) => this.#found.push(...updatedSessions(fn, context)),
      },
      {
        speaks: /^iron-session/,
        look: (fn) => this.#found.push(...endlessSeals(fn, context)),
      },
      {
        speaks: /^customJwtCheck$/,
        look: (fn) => this.#found.push(...answeringChecks(fn, context)),
      },
      {
        speaks: /verif|authenticat|introspect|LogtoContext|createValidation|loadSealedSession/i,
        look: (fn) => this.#found.push(...unheardAnswers(fn, context)),
      },
      {
        speaks: /Storage$|cookie|session|auth/i,
        look: (fn) => this.#found.push(...storedTokens(fn, context)),
      },
      {
        speaks: /^(?:user|account|principal|viewer|identity|caller|session)|user_?id$|role/i,
        look: (fn) => this.#found.push(...assertedIdentities(fn, context)),
      },
      {
        speaks: /^(?:user_?metadata|unsafe_?metadata|raw_user_meta_data)$/i,
        look: (fn) => this.#found.push(...metadataDecisions(fn), ...metadataIdentities(fn, tracer)),
      },
      {
        speaks: /jsonwebtoken|jose|jwt/i,
        look: (fn) => {
          this.#signings.push(...signingsIn(fn, context, callers));
          this.#readings.push(...readingsIn(fn, context, callers));
          this.#found.push(...anyTokenUse(fn, context), ...unreadClaims(fn, context));
        },
      },
    ];
  }

  collect(file: ProgramFile): void {
    for (const kind of this.#kinds) {
      if (!speaksOf(file, kind.speaks)) continue;
      for (let i = 0; i < file.functionCount; i += 1) kind.look(file.fn(i));
    }
  }

  /** Where the project signs tokens. */
  get signings(): readonly Signing[] {
    return this.#signings;
  }

  /** All that was found; those that need the whole program are told here. */
  all(): readonly TokenFlaw[] {
    return [...this.#found, ...confusedPurposes(this.#signings, this.#readings), ...endlessTokens(this.#signings)];
  }
}

function speaksOf({ lowered }: ProgramFile, words: RegExp): boolean {
  return lowered.strings.some((text) => words.test(text)) || lowered.imports.some((i) => words.test(i.module));
}
