/** What all accesses are judged by. */
import type { TenancyModel } from "../../model/data-model.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import type { Analysis } from "../analysis.js";
import type { AdministrationAreas } from "./administration.js";
import type { RowSecurityIndex } from "./row-security.js";
import type { ModelIndex } from "./written-keys.js";

export interface ReachContext {
  readonly tenancy: TenancyModel;
  readonly analysis: Analysis;
  readonly models: ModelIndex;
  readonly rowSecurity: RowSecurityIndex;
  readonly administration: AdministrationAreas;
  readonly enforcedBy: ReadonlySet<string>;
  /** functions that the service runs by itself, on a schedule or for a queue */
  readonly jobs: ReadonlySet<FunctionView>;
}
