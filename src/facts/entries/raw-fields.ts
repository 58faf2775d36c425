/** What adapters say of an entry point, as it is told. */
import type { RawEntry } from "../../frameworks/routing.js";
import type { EntryPoint } from "../../model/facts.js";

type Told = Pick<
  EntryPoint,
  "key" | "transport" | "framework" | "method" | "path" | "handler" | "place" | "registration" | "group" | "inner"
>;

export function toldOf(raw: RawEntry): Told {
  return {
    key: `${raw.method} ${raw.path}`,
    transport: raw.transport,
    framework: raw.framework,
    method: raw.method,
    path: raw.path,
    handler: raw.handlerName,
    place: raw.place,
    registration: raw.registration,
    group: raw.group,
    ...(raw.inner === true ? { inner: true } : {}),
  };
}
