/** The pages of the rules are executed: what they call wrong is found, what they call right is not. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { rules } from "../rules/index.js";
import type { RuleMeta } from "../src/model/rule.js";
import { REPOSITORY } from "./support/cli.js";
import { projectsOf, sectionOf } from "./support/markdown.js";
import { removeFolder, scanFolder, seenIn, temporaryFolder, writeFiles } from "./support/run-scan.js";

async function foundIn(files: Readonly<Record<string, string>>, rule: RuleMeta): Promise<string[]> {
  const folder = temporaryFolder("page");
  try {
    writeFiles(folder, files);
    const seen = seenIn(await scanFolder(folder), folder).filter((finding) => finding.rule === rule.code);
    return seen.map((finding) => `${finding.file}:${finding.line} ${finding.message}`);
  } finally {
    removeFolder(folder);
  }
}

for (const { meta } of rules) {
  describe(`${meta.code} ${meta.name}`, () => {
    const file = join(REPOSITORY, "rules", `${meta.code}-${meta.name}.md`);
    const page = existsSync(file) ? readFileSync(file, "utf8") : "";
    const wrong = projectsOf(sectionOf(page, "Wrong"));
    const right = projectsOf(sectionOf(page, "Right"));

    test("has a page with examples", () => {
      expect(page.split("\n")[0]).toContain(meta.code);
      expect([wrong.length > 0, right.length > 0]).toEqual([true, true]);
    });

    for (const [index, project] of wrong.entries()) {
      test(`wrong ${index + 1} is found`, async () => {
        expect(await foundIn(project, meta)).not.toEqual([]);
      });
    }
    for (const [index, project] of right.entries()) {
      test(`right ${index + 1} is silent`, async () => {
        expect(await foundIn(project, meta)).toEqual([]);
      });
    }
  });
}
