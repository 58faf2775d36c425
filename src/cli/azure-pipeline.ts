/** What GitHub Advanced Security for Azure DevOps wants to know of the pipeline that a log comes from. */
import type { AzurePipeline } from "../report/sarif.js";

const GUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Null outside of Azure Pipelines, which sets `TF_BUILD`. */
export function azurePipeline(env: Readonly<Record<string, string | undefined>>): AzurePipeline | null {
  if (env.TF_BUILD?.toLowerCase() !== "true") return null;
  const definition = Number(env.SYSTEM_DEFINITIONID);
  const phase = [env.SYSTEM_PHASEID, env.SYSTEM_JOBID].find((id) => id !== undefined && GUID.test(id));
  return {
    buildDefinitionId: Number.isSafeInteger(definition) && definition > 0 ? definition : -1,
    buildDefinitionName: env.BUILD_DEFINITIONNAME || "unknown",
    phaseId: phase ?? "00000000-0000-0000-0000-000000000000",
    phaseName: env.SYSTEM_PHASENAME || env.SYSTEM_JOBNAME || "unknown",
  };
}
