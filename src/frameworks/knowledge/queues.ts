/** Calls that put a message where a worker takes it up. Facts from the packages' own documentation, as data. */
import type { Origin } from "../../program/values/origin.js";

interface SendingCall {
  readonly module: RegExp;
  readonly path: RegExp;
}

const SENDING: readonly SendingCall[] = [
  { module: /^bull(?:mq)?$/, path: /^(?:Queue)?\(\)\.add(?:Bulk)?$|Queue\(\)\.add(?:Bulk)?$/ },
  { module: /^bee-queue$/, path: /\.createJob$/ },
  { module: /^(?:agenda|@hokify\/agenda)$/, path: /\.(?:now|schedule|every|create)$/ },
  { module: /^pg-boss$/, path: /\.(?:send|sendAfter|sendOnce|publish|insert)$/ },
  { module: /^graphile-worker$/, path: /\.addJob$|^quickAddJob$/ },
  { module: /^inngest$/, path: /Inngest\(\)\.send$/ },
  { module: /^@trigger\.dev\/sdk/, path: /(?:^tasks|task\(\))\.(?:trigger|batchTrigger|triggerAndWait)$/ },
  { module: /^@upstash\/qstash$/, path: /\.(?:publish|publishJSON|enqueue|enqueueJSON)$/ },
  { module: /^@aws-sdk\/client-sqs$/, path: /^SendMessage(?:Batch)?Command\(\)$|^SendMessage(?:Batch)?Command$/ },
  { module: /^kafkajs$/, path: /producer\(\)\.send(?:Batch)?$/ },
  { module: /^amqplib/, path: /\.(?:sendToQueue|publish)$/ },
];

/** True for a call that sends a message to a queue. */
export function sendsMessage(callee: Origin): boolean {
  return (
    callee.kind === "package" &&
    SENDING.some(({ module, path }) => module.test(callee.module) && path.test(callee.path))
  );
}
