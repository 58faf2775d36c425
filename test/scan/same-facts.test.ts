/** When facts of two moments are taken for the same. */
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Facts } from "../../src/model/facts.js";
import { areSameFacts } from "../../src/scan/same-facts.js";
import { REPOSITORY } from "../support/cli.js";
import { scanFolder } from "../support/run-scan.js";

async function factsOf(app: string): Promise<Facts> {
  const { evidence } = await scanFolder(join(REPOSITORY, "fixtures/_apps", app));
  if (evidence === null) throw new Error("the scan kept no facts");
  return evidence.facts;
}

test("facts are the same whatever objects they are, and in whatever order they stand that nothing counts on", async () => {
  const facts = await factsOf("invoicing");
  expect(facts.denials.length + facts.guards.length).toBeGreaterThan(2);
  const copy = structuredClone(facts);
  expect(areSameFacts(facts, copy)).toBe(true);
  expect(areSameFacts(facts, { ...copy, denials: copy.denials.toReversed(), guards: copy.guards.toReversed() })).toBe(
    true,
  );
});

test("entries and accesses are known by their positions", async () => {
  const facts = await factsOf("invoicing");
  expect(areSameFacts(facts, { ...facts, entries: facts.entries.toReversed() })).toBe(false);
  expect(areSameFacts(facts, { ...facts, accesses: facts.accesses.toReversed() })).toBe(false);
});

test("one word, one place, one piece more or less makes them others", async () => {
  const facts = await factsOf("invoicing");
  const [entry, ...entries] = facts.entries;
  if (entry === undefined) throw new Error("no entries");
  const entryPlace = entry.place;
  const unknown = { kind: "file-not-read", place: entryPlace, detail: "too large", remedy: "Split it." } as const;
  const place = { ...entry.place, start: entry.place.start + 1 };
  expect(areSameFacts(facts, { ...facts, entries: [{ ...entry, handler: "other" }, ...entries] })).toBe(false);
  expect(areSameFacts(facts, { ...facts, entries: [{ ...entry, place }, ...entries] })).toBe(false);
  expect(areSameFacts(facts, { ...facts, guards: facts.guards.slice(1) })).toBe(false);
  expect(areSameFacts(facts, { ...facts, published: ["Invoice"] })).toBe(false);
  expect(
    areSameFacts({ ...facts, unknowns: [unknown] }, { ...facts, unknowns: [{ ...unknown, detail: "else" }] }),
  ).toBe(false);
});
