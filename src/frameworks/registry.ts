/** The adapters there are. A new framework is one line here. */

import { adonisAdapter } from "./adonis/adapter.js";
import { adonisKnowledge } from "./adonis/knowledge.js";
import { betterAuthAdapter } from "./better-auth/adapter.js";
import { connectRpcAdapter } from "./connect-rpc/adapter.js";
import { connectRpcKnowledge } from "./connect-rpc/knowledge.js";
import { consumersAdapter } from "./consumers/adapter.js";
import { controllerAdapters } from "./controllers/adapter.js";
import { controllerKnowledge } from "./controllers/knowledge.js";
import { convexAdapter } from "./convex/adapter.js";
import { convexKnowledge } from "./convex/knowledge.js";
import { d1Knowledge } from "./data/d1.js";
import { sequelizeRegistry } from "./data/objects/sequelize-registry.js";
import { prismaExtensionKnowledge } from "./data/prisma-extensions.js";
import { storeKnowledge } from "./data/stores/answers.js";
import { typeormRepositories } from "./data/typeorm-repositories.js";
import { directusAdapter } from "./directus/adapter.js";
import { directusKnowledge } from "./directus/knowledge.js";
import { elysiaAdapter } from "./elysia/adapter.js";
import { elysiaKnowledge } from "./elysia/knowledge.js";
import { encoreAdapter } from "./encore/adapter.js";
import { encoreKnowledge } from "./encore/knowledge.js";
import { expressAdapter } from "./express/adapter.js";
import { fastifyAdapter } from "./fastify/adapter.js";
import { fastifyKnowledge } from "./fastify/knowledge.js";
import { feathersAdapter } from "./feathers/adapter.js";
import { feathersKnowledge } from "./feathers/knowledge.js";
import { fileAdapters, fileKnowledge } from "./file-adapters.js";
import { graphqlAdapter } from "./graphql/adapter.js";
import { graphqlKnowledge } from "./graphql/knowledge.js";
import { grpcAdapter } from "./grpc/adapter.js";
import { grpcKnowledge } from "./grpc/knowledge.js";
import { h3Adapter } from "./h3/adapter.js";
import { hapiAdapter } from "./hapi/adapter.js";
import { hapiKnowledge } from "./hapi/knowledge.js";
import { honoAdapter } from "./hono/adapter.js";
import { honoKnowledge } from "./hono/knowledge.js";
import { keystoneAdapter } from "./keystone/adapter.js";
import { keystoneKnowledge } from "./keystone/knowledge.js";
import type { FrameworkKnowledge } from "./knowledge/knowledge.js";
import { koaAdapter } from "./koa/adapter.js";
import { mcpAdapter } from "./mcp/adapter.js";
import { mcpKnowledge } from "./mcp/knowledge.js";
import { meteorAdapter } from "./meteor/adapter.js";
import { meteorKnowledge } from "./meteor/knowledge.js";
import { nestAdapter } from "./nest/adapter.js";
import { nestKnowledge } from "./nest/knowledge.js";
import { nextAdapter } from "./next/adapter.js";
import { orpcAdapter } from "./orpc/adapter.js";
import { payloadAdapter } from "./payload/adapter.js";
import { payloadKnowledge } from "./payload/knowledge.js";
import type { Adapter } from "./routing.js";
import { cloudFunctionsAdapter } from "./serverless/functions.js";
import { serverlessKnowledge } from "./serverless/knowledge.js";
import { lambdaAdapter } from "./serverless/lambda.js";
import { socketsAdapter } from "./sockets/adapter.js";
import { socketKnowledge } from "./sockets/knowledge.js";
import { trpcAdapter } from "./trpc/adapter.js";
import { tsRestAdapter } from "./ts-rest/adapter.js";
import { workersAdapter } from "./workers/adapter.js";

export const adapters: readonly Adapter[] = [
  directusAdapter,
  expressAdapter,
  adonisAdapter,
  connectRpcAdapter,
  convexAdapter,
  ...controllerAdapters,
  elysiaAdapter,
  encoreAdapter,
  fastifyAdapter,
  feathersAdapter,
  graphqlAdapter,
  h3Adapter,
  hapiAdapter,
  honoAdapter,
  keystoneAdapter,
  koaAdapter,
  meteorAdapter,
  nestAdapter,
  nextAdapter,
  trpcAdapter,
  orpcAdapter,
  tsRestAdapter,
  payloadAdapter,
  socketsAdapter,
  cloudFunctionsAdapter,
  lambdaAdapter,
  grpcAdapter,
  workersAdapter,
  betterAuthAdapter,
  consumersAdapter,
  ...fileAdapters,
  // their entries are reached through routes of the others
  mcpAdapter,
];

/** Objects of single frameworks that guards read. */
export const frameworkKnowledge: readonly FrameworkKnowledge[] = [
  adonisKnowledge,
  controllerKnowledge,
  connectRpcKnowledge,
  convexKnowledge,
  d1Knowledge,
  directusKnowledge,
  elysiaKnowledge,
  encoreKnowledge,
  fastifyKnowledge,
  feathersKnowledge,
  graphqlKnowledge,
  hapiKnowledge,
  honoKnowledge,
  grpcKnowledge,
  keystoneKnowledge,
  mcpKnowledge,
  meteorKnowledge,
  nestKnowledge,
  payloadKnowledge,
  prismaExtensionKnowledge,
  sequelizeRegistry,
  typeormRepositories,
  serverlessKnowledge,
  socketKnowledge,
  storeKnowledge,
  ...fileKnowledge,
];
