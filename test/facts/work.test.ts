import { describe, expect, it } from "vitest";
import { judgeEntry } from "../../src/facts/entries/entries.js";
import { adapters } from "../../src/frameworks/registry.js";
import { bindingsDone } from "../../src/program/values/frames.js";
import { analysed } from "./guard-support.js";

/** Bindings that it takes to judge the entries of an application: its work, whatever machine does it. */
function workOf(files: Readonly<Record<string, string>>): number {
  const { analysis } = analysed(files);
  const { program, queries, index } = analysis;
  const used = adapters.filter(({ packages }) => packages.some((name) => index.imports(name)));
  const entries = used.flatMap((adapter) => [...adapter.collect({ program, queries, index, entries: [] }).entries]);
  expect(entries).not.toEqual([]);
  const before = bindingsDone();
  for (const entry of entries) judgeEntry(entry, analysis);
  return bindingsDone() - before;
}

const app = (branches: number): string => `
  import express from "express";
  import { Pool } from "pg";
  const pool = new Pool();
  const app = express();
  function folded(tree) {
    if (typeof tree !== "object" || tree === null) return tree;
    const made = {};
    for (const key in tree) {
      ${Array.from({ length: branches }, (_, i) => `made["${i}" + key] = folded(tree[key + "${i}"]);`).join("\n")}
    }
    return made;
  }
  app.get("/trees", async (req, res) => {
    const { rows } = await pool.query("SELECT * FROM trees WHERE id = $1", [req.query.id]);
    const tree = folded(rows);
    await pool.query("SELECT * FROM leaves WHERE tree_id = $1", [tree.id]);
    res.json(tree);
  });
`;

describe("work", () => {
  it("grows with a function that calls itself, and not with the ways down through it", () => {
    const [one, five] = [workOf({ "src/app.ts": app(1) }), workOf({ "src/app.ts": app(5) })];
    expect(five).toBeLessThan(one * 20);
  });
});
