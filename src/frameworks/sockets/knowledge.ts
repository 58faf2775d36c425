/** What guards read from a connected socket: its handshake, what was kept on it. */
import {
  type Origin,
  type OriginQueries,
  type PackageOrigin,
  type Site,
  type SourceOrigin,
  source,
} from "../../program/values/origin.js";
import { requestOrigin } from "../arguments.js";
import type { FrameworkKnowledge } from "../knowledge/knowledge.js";
import { asksForRoom, roomAskedFor } from "./joined-rooms.js";

export const SOCKET = "socket";

export const socketKnowledge: FrameworkKnowledge = { member, callSource, call };

/** whichever framework hands the socket over */
function callSource(origin: SourceOrigin, site: Site, queries: OriginQueries): readonly Origin[] | undefined {
  return origin.source === "request" && asksForRoom(origin.path) ? roomAskedFor(site, queries) : undefined;
}

function call(callee: PackageOrigin, site: Site, queries: OriginQueries): readonly Origin[] | undefined {
  return callee.module === "socket.io" && asksForRoom(callee.path) ? roomAskedFor(site, queries) : undefined;
}

function member(origin: SourceOrigin, name: string): readonly Origin[] | undefined {
  if (origin.dialect !== SOCKET || origin.source !== "request") return undefined;
  const { context, site } = origin;
  if (origin.path === "") {
    if (name === "handshake" || name === "data") return [{ ...origin, path: name }];
    // the request that opened the connection
    return (name === "request" || name === "upgradeReq") && context !== null
      ? [requestOrigin("express", context)]
      : undefined;
  }
  if (origin.path !== "handshake") return undefined;
  // what the client wrote into its `auth` option: a token, as good as a header
  if (name === "auth") return [source("credential", "handshake.auth", { site, context })];
  if (name === "headers" || name === "query") return [source("input", name, { site, context })];
  return undefined;
}
