/** Packages of queues, schedules and events: the call that registers a consumer, its function, its name. */

import { payloadArguments, scheduleArguments } from "../callback-entry.js";
import type { FunctionAt, NameAt, RegisteredRule } from "../registered-functions.js";

/** A consumer: called by a queue or a clock. */
export type ConsumerRule = RegisteredRule & { readonly transport: "queue" | "cron" };

const job = payloadArguments("job");
const payload = payloadArguments("payload");
const message = payloadArguments("message");

const named = (argument: number, property = ""): NameAt => ({ of: "call", argument, property });
const maker = (argument: number, property = ""): NameAt => ({ of: "maker", argument, property });

const QUEUE = { transport: "queue", method: "PROCESS" } as const;
const MESSAGE = { transport: "queue", method: "MESSAGE" } as const;
const CRON = { transport: "cron", method: "CRON", given: scheduleArguments } as const;
const first = { argument: "first" } as const;
const properties = (argument: number, ...names: readonly string[]): FunctionAt => ({ argument, properties: names });

const JOBS: readonly ConsumerRule[] = [
  {
    ...QUEUE,
    framework: "bullmq",
    module: /^bullmq$/,
    path: /^Worker$/,
    names: ["Worker"],
    handler: { argument: 1 },
    name: [named(0)],
    given: job,
  },
  {
    ...QUEUE,
    framework: "bull",
    module: /^(?:bull|bee-queue)$/,
    path: /^(?:Queue)?\(\)\.process$/,
    names: ["process"],
    handler: first,
    name: [maker(0), named(0)],
    given: job,
  },
  {
    ...QUEUE,
    framework: "agenda",
    module: /^(?:agenda|@hokify\/agenda)$/,
    path: /^(?:Agenda)?\(\)\.define$/,
    names: ["define"],
    handler: first,
    name: [named(0)],
    given: payloadArguments("job.attrs"),
  },
  {
    ...QUEUE,
    framework: "pg-boss",
    module: /^pg-boss$/,
    path: /^(?:PgBoss|default)?\(\)\.(?:work|subscribe|onComplete|offWork)$/,
    names: ["work", "subscribe"],
    handler: first,
    name: [named(0)],
    given: job,
  },
  {
    ...QUEUE,
    framework: "graphile-worker",
    module: /^graphile-worker$/,
    path: /^(?:run|runOnce|runTaskList)$/,
    names: ["run", "runOnce", "runTaskList"],
    handler: properties(0, "taskList", "*"),
    name: [],
    given: payload,
  },
  {
    ...QUEUE,
    framework: "temporal",
    module: /^@temporalio\/worker$/,
    path: /^Worker\.create$/,
    names: ["create"],
    handler: properties(0, "activities", "*"),
    name: [named(0, "taskQueue")],
    given: payload,
  },
];

const TASKS: readonly ConsumerRule[] = [
  {
    ...QUEUE,
    framework: "inngest",
    method: "FUNCTION",
    module: /^inngest(?:\/.*)?$/,
    path: /^(?:Inngest\(\)|EventSchemas\(\)|.*\(\))\.createFunction$/,
    names: ["createFunction"],
    handler: first,
    name: [named(0, "id"), named(0, "name")],
    given: payload,
  },
  {
    ...QUEUE,
    framework: "trigger.dev",
    method: "TASK",
    module: /^@trigger\.dev\/sdk(?:\/.*)?$/,
    path: /^(?:task|schemaTask)$/,
    names: ["task", "schemaTask"],
    handler: properties(0, "run"),
    name: [named(0, "id")],
    given: payload,
  },
  {
    ...QUEUE,
    framework: "trigger.dev",
    method: "TASK",
    module: /^@trigger\.dev\/sdk(?:\/.*)?$/,
    path: /\(\)\.defineJob$/,
    names: ["defineJob"],
    handler: properties(0, "run"),
    name: [named(0, "id")],
    given: payload,
  },
  {
    ...CRON,
    framework: "trigger.dev",
    module: /^@trigger\.dev\/sdk(?:\/.*)?$/,
    path: /^schedules\.task$/,
    names: ["task"],
    handler: properties(0, "run"),
    name: [named(0, "id")],
  },
];

const STREAMS: readonly ConsumerRule[] = [
  {
    ...MESSAGE,
    framework: "kafkajs",
    module: /^(?:kafkajs|@confluentinc\/kafka-javascript)$/,
    path: /\.consumer\(\)\.run$|^Consumer\(\)\.run$/,
    names: ["run"],
    handler: properties(0, "eachMessage", "eachBatch"),
    name: [maker(0, "groupId")],
    given: message,
  },
  {
    ...MESSAGE,
    framework: "sqs-consumer",
    module: /^sqs-consumer$/,
    path: /^Consumer\.create$/,
    names: ["create"],
    handler: properties(0, "handleMessage", "handleMessageBatch"),
    name: [named(0, "queueUrl")],
    given: message,
  },
  {
    ...MESSAGE,
    framework: "amqplib",
    module: /^(?:amqplib(?:\/.*)?|amqp-connection-manager|rabbitmq-client)$/,
    path: /\.consume$|^(?:Confirm)?Channel(?:Wrapper)?\(\)\.consume$/,
    names: ["consume"],
    handler: first,
    name: [named(0)],
    given: message,
  },
  {
    ...MESSAGE,
    framework: "redis",
    module: /^(?:redis|@redis\/client)$/,
    path: /\(\)\.[ps]?[sS]ubscribe$/,
    names: ["subscribe", "pSubscribe", "sSubscribe"],
    handler: first,
    name: [named(0)],
    given: message,
  },
  {
    ...MESSAGE,
    framework: "ioredis",
    module: /^ioredis$/,
    path: /\(\)\.on$/,
    names: ["on"],
    first: new Set(["message", "pmessage", "messageBuffer", "pmessageBuffer"]),
    handler: first,
    name: [],
    given: payloadArguments("channel"),
  },
  {
    ...MESSAGE,
    framework: "google-pubsub",
    module: /^@google-cloud\/pubsub$/,
    path: /\.subscription\(\)\.on$|^Subscription\(\)\.on$/,
    names: ["on"],
    first: new Set(["message"]),
    handler: first,
    name: [maker(0)],
    given: message,
  },
  {
    ...MESSAGE,
    framework: "azure-service-bus",
    module: /^@azure\/service-bus$/,
    path: /\(\)\.subscribe$/,
    names: ["subscribe"],
    handler: properties(0, "processMessage"),
    name: [maker(0)],
    given: message,
  },
];

const CLOCKS: readonly ConsumerRule[] = [
  {
    ...CRON,
    framework: "node-cron",
    module: /^node-cron$/,
    path: /^(?:schedule|createTask)$/,
    names: ["schedule", "createTask"],
    handler: first,
    name: [],
  },
  {
    ...CRON,
    framework: "cron",
    module: /^cron$/,
    path: /^CronJob$/,
    names: ["CronJob"],
    handler: first,
    name: [],
  },
  {
    ...CRON,
    framework: "cron",
    module: /^cron$/,
    path: /^CronJob\.from$/,
    names: ["from"],
    handler: properties(0, "onTick"),
    name: [named(0, "name")],
  },
  {
    ...CRON,
    framework: "croner",
    module: /^croner$/,
    path: /^(?:Cron|)$/,
    names: ["Cron"],
    handler: first,
    name: [named(1, "name")],
  },
  {
    ...CRON,
    framework: "node-schedule",
    module: /^node-schedule$/,
    path: /^scheduleJob$/,
    names: ["scheduleJob"],
    handler: first,
    name: [],
  },
];

export const CONSUMERS: readonly ConsumerRule[] = [...JOBS, ...TASKS, ...STREAMS, ...CLOCKS];

/** Packages whose import makes it worth looking. */
export const CONSUMER_PACKAGES: readonly string[] = [
  "bullmq",
  "bull",
  "bee-queue",
  "agenda",
  "@hokify/agenda",
  "pg-boss",
  "graphile-worker",
  "@temporalio/worker",
  "inngest",
  "@trigger.dev/sdk",
  "kafkajs",
  "@confluentinc/kafka-javascript",
  "sqs-consumer",
  "amqplib",
  "amqp-connection-manager",
  "rabbitmq-client",
  "redis",
  "@redis/client",
  "ioredis",
  "@google-cloud/pubsub",
  "@azure/service-bus",
  "node-cron",
  "cron",
  "croner",
  "node-schedule",
];
