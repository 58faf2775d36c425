/** Frameworks whose routes are files, apart from Next.js, with the objects that they hand to handlers. */
import type { FrameworkKnowledge } from "./knowledge/knowledge.js";
import { remixAdapter } from "./remix/adapter.js";
import { remixKnowledge } from "./remix/knowledge.js";
import type { Adapter } from "./routing.js";

export const fileAdapters: readonly Adapter[] = [remixAdapter];

export const fileKnowledge: readonly FrameworkKnowledge[] = [remixKnowledge];
