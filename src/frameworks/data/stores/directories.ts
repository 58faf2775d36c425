/** Accounts that an identity provider keeps: what is written there comes back in the tokens of whoever signs in. */
import { Op } from "../../../model/lowered.js";
import type { Origin, OriginQueries, Site } from "../../../program/values/origin.js";
import { argumentsOf } from "../builders/knex-steps.js";
import type { DataCall } from "../data-call.js";
import { type Reading, termReading, toFilter, UNFILTERED } from "../filter-terms.js";
import type { DataLayer } from "../layer.js";
import { NOTHING_WRITTEN, writtenValues } from "../written-values.js";
import { fieldOf } from "./dynamodb-keys.js";

interface DirectoryCall {
  readonly module: RegExp;
  readonly path: RegExp;
  /** the argument that says whose account it is; -1 when the first one holds that */
  readonly key: number;
  /** the argument with what is written */
  readonly written: number;
  /** members of it that come back in tokens; none when all of it does */
  readonly members: readonly string[];
}

const CALLS: readonly DirectoryCall[] = [
  {
    module: /^firebase-admin(?:\/auth)?$/,
    path: /\.setCustomUserClaims$/,
    key: 0,
    written: 1,
    members: [],
  },
  {
    module: /^@clerk\//,
    path: /\.users\.updateUser(?:Metadata)?$/,
    key: 0,
    written: 1,
    members: ["publicMetadata", "privateMetadata"],
  },
  {
    module: /^@clerk\//,
    path: /\.organizations\.(?:create|update)OrganizationMembership$/,
    key: -1,
    written: 0,
    members: [],
  },
  { module: /^@supabase\//, path: /\.auth\.admin\.updateUserById$/, key: 0, written: 1, members: ["app_metadata"] },
];
const NAMES = /^(?:setCustomUserClaims|updateUser(?:Metadata|ById)?|(?:create|update)OrganizationMembership)$/;

/** What such an account is called: no model of the project has that name. */
const ACCOUNT = "ProviderAccount";

export class DirectoryLayer implements DataLayer {
  mayCall(name: string): boolean {
    return NAMES.test(name);
  }

  isCall(site: Site, callee: Origin): boolean {
    return callOf(site, callee) !== null;
  }

  isShape(): boolean {
    return false;
  }

  read(site: Site, callee: Origin, queries: OriginQueries): DataCall | null {
    const call = callOf(site, callee);
    if (call === null) return null;
    const args = argumentsOf(site);
    const given = args[call.written];
    const parts = given === undefined ? [] : call.members.flatMap((name) => fieldOf(given, name, queries) ?? []);
    const written = call.members.length > 0 ? parts : given === undefined ? [] : [given];
    return {
      layer: "directory",
      model: ACCOUNT,
      operation: "update",
      method: site.fn.memberName(site.fn.callee(site.v)),
      site,
      filter: toFilter(keyReading(call.key < 0 ? undefined : args[call.key], queries), site.fn.place(site.v)),
      privileges: ["role"],
      ...(written.length === 0 ? NOTHING_WRITTEN : writtenValues(written, queries)),
      loads: [],
      countOnly: false,
      also: [],
    };
  }

  callbackArguments(): undefined {
    return undefined;
  }
}

function callOf(site: Site, callee: Origin): DirectoryCall | null {
  if (callee.kind !== "package" || site.fn.op(site.v) !== Op.Call) return null;
  return CALLS.find((one) => one.module.test(callee.module) && one.path.test(callee.path)) ?? null;
}

function keyReading(key: Site | undefined, queries: OriginQueries): Reading {
  if (key === undefined) return UNFILTERED;
  return termReading({
    column: "id",
    model: "",
    operator: "=",
    position: "and",
    values: queries.evaluate(key),
    vanishes: false,
    place: key.fn.place(key.v),
  });
}
