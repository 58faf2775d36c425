/**
 * From a request to its result: the project is listed, and what an earlier run found in the same state is used again.
 * The engine is loaded only when something has to be found out.
 */
import { openCache } from "../project/cache.js";
import { openProject } from "./open-project.js";
import type { ScanOutcome, ScanRequest } from "./request.js";
import { stateKey, storedResult, storeResult } from "./result-cache.js";

/** Changes whenever the lowered form or what is cached of it changes. */
export const ENGINE_VERSION = "1";

/** Scans what the request names. Throws a UserError for what the person can repair. */
export async function scan(request: ScanRequest): Promise<ScanOutcome> {
  const startedAt = Date.now();
  const progress = request.onProgress ?? (() => {});
  const project = openProject(request, (done) => progress({ stage: "listing", done, total: done }));
  const cache = openCache(project.root, { engineVersion: ENGINE_VERSION, disabled: !request.useCache });
  const key = request.useCache ? stateKey(request, project) : "";
  const known = request.needsFacts === true || !request.useCache ? undefined : storedResult(cache, key);
  if (known !== undefined) return { result: known, evidence: null, root: project.root };
  const [{ analyse }, { FactsInCache, FORGOTTEN_FACTS }] = await Promise.all([
    import("./analyse.js"),
    import("./known-facts.js"),
  ]);
  try {
    const {
      result,
      policyFiles,
      left: _,
      ...evidence
    } = await analyse(
      request,
      project,
      { cache, facts: request.useCache ? new FactsInCache(cache) : FORGOTTEN_FACTS },
      progress,
    );
    if (request.useCache) storeResult(cache, key, result, project, policyFiles, startedAt);
    return { result, evidence, root: project.root };
  } finally {
    // also when the analysis failed: what was read and lowered stays true
    cache.save(new Set(project.files.map((file) => file.path)));
  }
}
