/** Deployment files among what was read as data: they say what stands before a function of a cloud. */
import {
  type DeployedFunction,
  type DeploymentFile,
  readDeployments,
} from "../../frameworks/serverless/deployments.js";

/** Functions that serverless.yml files and SAM templates deploy. */
export function readDeployedFunctions(files: readonly DeploymentFile[]): Promise<readonly DeployedFunction[]> {
  return readDeployments(files.filter((file) => /\.ya?ml$/.test(file.path)));
}
