/** Frameworks whose routes are files, apart from Next.js, with the objects that they hand to handlers. */
import { astroAdapter } from "./astro/adapter.js";
import { edgeFunctionsAdapter } from "./edge-functions/adapter.js";
import type { FrameworkKnowledge } from "./knowledge/knowledge.js";
import { medusaAdapter } from "./medusa/adapter.js";
import { nuxtAdapter } from "./nuxt/adapter.js";
import { nuxtKnowledge } from "./nuxt/knowledge.js";
import { remixAdapter } from "./remix/adapter.js";
import { remixKnowledge } from "./remix/knowledge.js";
import type { Adapter } from "./routing.js";
import { strapiAdapter } from "./strapi/adapter.js";
import { sveltekitAdapter } from "./sveltekit/adapter.js";
import { sveltekitKnowledge } from "./sveltekit/knowledge.js";

export const fileAdapters: readonly Adapter[] = [
  astroAdapter,
  edgeFunctionsAdapter,
  medusaAdapter,
  nuxtAdapter,
  remixAdapter,
  strapiAdapter,
  sveltekitAdapter,
];

export const fileKnowledge: readonly FrameworkKnowledge[] = [nuxtKnowledge, remixKnowledge, sveltekitKnowledge];
