/** Consumers: functions that queues, schedules and streams call, with no caller but what the payload names. */
import { registeredEntries } from "../registered-functions.js";
import type { Adapter } from "../routing.js";
import { CONSUMER_PACKAGES, CONSUMERS } from "./packages.js";

export const consumersAdapter: Adapter = {
  name: "consumers",
  packages: CONSUMER_PACKAGES,
  collect: (input) => ({ entries: registeredEntries(CONSUMERS, input), faults: [], unknowns: [] }),
};
