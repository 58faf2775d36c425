/** Whom a new row belongs to, by the keys that are written into it. */
import type { DataCall } from "../../frameworks/data/data-call.js";
import type { TenancyModel } from "../../model/data-model.js";
import type { Reach } from "../../model/facts.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { Origin } from "../../program/values/origin.js";
import type { Analysis } from "../analysis.js";
import { isIdentity, isOwnRow } from "../decisions/decisions.js";
import { isOwnerKey, isTenantKey } from "../tenancy/tenancy.js";

type CreatedFor = Pick<Reach, "createsWithin" | "createsForCaller" | "createsInTenant">;

const MAKER = /^(?:creator|created_?by|author|owner|user)(?:_?u?id)?$/i;
/** `member_id`: who belongs to it, and not who wrote the row down */
const MEMBER = /^(?:user|member|account|profile|person|follower|participant|subscriber)(?:_?\w*?)?_?u?u?id$/i;

export function createdFor(call: DataCall, tenancy: TenancyModel, analysis: Analysis): CreatedFor {
  return {
    ...(createsWithin(call, tenancy, analysis) ? { createsWithin: true } : {}),
    ...(createsForCaller(call, tenancy) ? { createsForCaller: true } : {}),
    ...(createsInTenant(call, tenancy) ? { createsInTenant: true } : {}),
  };
}

function createsWithin(call: DataCall, tenancy: TenancyModel, { data, queries }: Analysis): boolean {
  if (call.operation !== "create") return false;
  return call.written.some(({ column, values, linked }) => {
    // `user: { connect: { id } }`, and columns that say who made the row
    const key = linked === true || isTenantKey(tenancy, column) || isOwnerKey(tenancy, column) || MAKER.test(column);
    return key && leaves(values).some((o) => isIdentity(o) || isOwnRow(o, data, queries));
  });
}

function createsForCaller({ operation, written }: DataCall, tenancy: TenancyModel): boolean {
  if (operation !== "create") return false;
  const people = written.filter(({ column }) => !isTenantKey(tenancy, column) && MEMBER.test(column));
  return people.length > 0 && people.every(({ values }) => values.length > 0 && leaves(values).every(isIdentity));
}

function createsInTenant({ operation, written }: DataCall, tenancy: TenancyModel): boolean {
  const isGiven = (o: Origin): boolean => o.kind !== "constant";
  return (
    operation === "create" && written.some((w) => isTenantKey(tenancy, w.column) && leaves(w.values).some(isGiven))
  );
}
