/** What is known of a program's tokens. */
import type { TokenRead, TokenVerification } from "../../model/facts.js";
import type { TokenFlaw } from "../../model/token-flaws.js";
import type { Signing } from "../verification/token-signings.js";

export interface TokenFacts {
  readonly reads: readonly TokenRead[];
  readonly verifications: readonly TokenVerification[];
  readonly flaws: readonly TokenFlaw[];
  readonly signings: readonly Signing[];
}

export function joinedTokens(parts: readonly TokenFacts[]): TokenFacts {
  const [first] = parts;
  if (first !== undefined && parts.length === 1) return first;
  return {
    reads: parts.flatMap((one) => one.reads),
    verifications: parts.flatMap((one) => one.verifications),
    flaws: parts.flatMap((one) => one.flaws),
    signings: parts.flatMap((one) => one.signings),
  };
}
