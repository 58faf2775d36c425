/** Frameworks whose routes are files, apart from Next.js, with the objects that they hand to handlers. */
import type { FrameworkKnowledge } from "./knowledge/knowledge.js";
import { remixAdapter } from "./remix/adapter.js";
import { remixKnowledge } from "./remix/knowledge.js";
import type { Adapter } from "./routing.js";
import { sveltekitAdapter } from "./sveltekit/adapter.js";
import { sveltekitKnowledge } from "./sveltekit/knowledge.js";

export const fileAdapters: readonly Adapter[] = [remixAdapter, sveltekitAdapter];

export const fileKnowledge: readonly FrameworkKnowledge[] = [remixKnowledge, sveltekitKnowledge];
