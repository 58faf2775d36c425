/** Controllers as decorated classes, outside NestJS: tsoa, routing-controllers, OvernightJS, LoopBack 4, Inversify. */
import type { Adapter } from "../routing.js";
import { collectControllers } from "./collect.js";
import type { ControllerDialect } from "./dialect.js";
import { inversify } from "./inversify.js";
import { loopback } from "./loopback.js";
import { overnight } from "./overnight.js";
import { routingControllers } from "./routing-controllers.js";
import { tsoa } from "./tsoa.js";

export const controllerAdapters: readonly Adapter[] = [tsoa, routingControllers, overnight, loopback, inversify].map(
  adapterOf,
);

function adapterOf(dialect: ControllerDialect): Adapter {
  return {
    name: dialect.framework,
    packages: dialect.modules,
    collect: (input) => collectControllers(dialect, input),
  };
}
