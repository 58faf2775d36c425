import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { rules } from "../../rules/index.js";

const folder = new URL("../../rules/", import.meta.url);
const files = readdirSync(folder).filter((name) => /^AG\d+-.*\.ts$/.test(name));
const page = (code: string, name: string): URL => new URL(`${code}-${name}.md`, folder);

describe("rules as a whole", () => {
  it("are listed in the order of their codes, each once", () => {
    const codes = rules.map((rule) => rule.meta.code);
    expect(codes).toEqual([...new Set(codes)].sort());
    expect(new Set(rules.map((rule) => rule.meta.name)).size).toBe(rules.length);
  });

  it("have a file each, and every file is listed", () => {
    expect(files.sort()).toEqual(rules.map((rule) => `${rule.meta.code}-${rule.meta.name}.ts`).sort());
  });
});

describe.each(rules.map((rule) => [rule.meta.code, rule.meta] as const))("%s", (code, meta) => {
  it("has valid metadata", () => {
    expect(code).toMatch(/^AG\d{3}$/);
    expect(meta.name).toMatch(/^[a-z]+(-[a-z]+)*$/);
    expect(meta.title.length).toBeLessThanOrEqual(120);
    expect(meta.why.length).toBeLessThanOrEqual(1024);
    expect(meta.why).toMatch(/\.$/);
    expect(Number(meta.securitySeverity)).toBeGreaterThan(0);
    expect(Number(meta.securitySeverity)).toBeLessThanOrEqual(10);
    expect(meta.securitySeverity).toMatch(/^\d+\.\d$/);
    expect(meta.cwe.length).toBeGreaterThan(0);
    expect(meta.taxa.length).toBeGreaterThan(0);
    expect(meta.since).toMatch(/^\d+\.\d+\.\d+$/);
    for (const taxon of meta.taxa)
      expect(taxon).toMatch(/^(API\d+:2023|A\d\d:2025|NHI\d+:2025|[A-Z]{2}\.[A-Z]{2}-\d\d|ASVS-\d+\.\d+\.\d+)$/);
  });

  it("has messages whose first sentence stands alone", () => {
    for (const text of Object.values(meta.messages)) {
      expect(text).toMatch(/\.(\{\w+\})?$/);
      expect(text.length).toBeLessThanOrEqual(300);
    }
  });

  it("has a page with wrong and right code, and references", () => {
    const at = page(code, meta.name);
    expect(existsSync(at)).toBe(true);
    const text = readFileSync(at, "utf8");
    expect(text.startsWith(`# ${code} ${meta.name}\n`)).toBe(true);
    for (const heading of ["Wrong", "Right", "How it decides", "What to do", "References"]) {
      expect(text).toContain(`\n## ${heading}`);
    }
    expect(text).toContain(`CWE-${meta.cwe[0]}`);
    for (const fence of text.matchAll(/^```(\S.*)$/gm)) expect(fence[1]).toMatch(/^\w+ file=\S+$/);
  });
});
