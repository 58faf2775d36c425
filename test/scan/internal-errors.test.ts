/** A mistake of authgap's own on one piece of code is counted and shown, and the rest of the project is judged as ever. */
import { afterAll, describe, expect, test, vi } from "vitest";
import { removeFolder, scanFolder, temporaryFolder, writeFiles } from "../support/run-scan.js";

const failing = vi.hoisted(() => ({ in: "" }));

function fails(piece: string, met: boolean): void {
  if (failing.in === piece && met) throw new TypeError("Cannot read properties of undefined (reading 'fn')\n    at x");
}

vi.mock("../../src/facts/entries/entries.js", async (original) => {
  const real = await original<typeof import("../../src/facts/entries/entries.js")>();
  return {
    ...real,
    judgeEntry: (...args: Parameters<typeof real.judgeEntry>) => {
      fails("entry", args[0].path === "/second/:id");
      return real.judgeEntry(...args);
    },
  };
});

vi.mock("../../src/facts/bypasses/bypasses.js", async (original) => {
  const real = await original<typeof import("../../src/facts/bypasses/bypasses.js")>();
  return {
    ...real,
    collectBypasses: (...args: Parameters<typeof real.collectBypasses>) => {
      const files = [...(args[1] ?? [])];
      fails(
        "bypasses",
        files.some((file) => file.path === "second.ts"),
      );
      return real.collectBypasses(args[0], files);
    },
  };
});

vi.mock("../../src/scan/fixes/siblings.js", async (original) => {
  const real = await original<typeof import("../../src/scan/fixes/siblings.js")>();
  return {
    ...real,
    guardOfSiblings: (...args: Parameters<typeof real.guardOfSiblings>) => {
      fails("repair", true);
      return real.guardOfSiblings(...args);
    },
  };
});

const folder = temporaryFolder("internal");
afterAll(() => removeFolder(folder));

const service = (name: string): string => `import express from "express";
export const ${name} = express();
${name}.delete("/${name}/:id", async (req, res) => {
  if (req.headers["x-internal-bypass"] !== "1" && req.header("authorization") !== process.env.TOKEN)
    return res.status(401).end();
  await fetch("https://store.internal/things/" + req.params.id, { method: "DELETE" });
  res.status(204).end();
});
${name}.post("/${name}", async (req, res) => {
  await fetch("https://store.internal/things", { method: "POST", body: req.body });
  res.status(204).end();
});
${name}.listen(3000);
`;

writeFiles(folder, { "package.json": "{}", "first.ts": service("first"), "second.ts": service("second") });

async function scanWith(piece: string) {
  failing.in = piece;
  const { result } = await scanFolder(folder);
  const internal = result.notices.filter((notice) => notice.id === "internal-error");
  const findings = result.findings.map((one) => `${one.rule.code} ${one.at.file}`);
  return { result, internal, findings };
}

describe("an error inside the analysis", () => {
  test("nothing fails: both files have the same findings, and nothing is told", async () => {
    const { internal, findings } = await scanWith("");
    expect(internal).toEqual([]);
    expect(findings.filter((one) => one.endsWith("first.ts")).map((one) => one.replace("first", "second"))).toEqual(
      findings.filter((one) => one.endsWith("second.ts")),
    );
    expect(findings).toContain("AG405 first.ts");
  });

  test("judging one entry: it is listed as unknown, the other is judged", async () => {
    const whole = await scanWith("");
    const { result, internal, findings } = await scanWith("entry");
    expect(internal).toMatchObject([
      {
        kind: "problem",
        message:
          "'DELETE /second/:id' could not be finished (TypeError: Cannot read properties of undefined (reading 'fn'))",
        at: { file: "second.ts" },
      },
    ]);
    const accesses = result.routes.map((row) => `${row.path} ${row.access}`);
    expect(accesses).toContain("/second/:id unknown");
    const inFirst = (list: readonly string[]) => list.filter((one) => one.endsWith("first.ts"));
    expect(inFirst(findings)).toEqual(inFirst(whole.findings));
  });

  test("a search over all files: only what the failing file holds is missing", async () => {
    const { internal, findings } = await scanWith("bypasses");
    expect(internal.map((notice) => [notice.at?.file, notice.message.includes("the search for bypasses")])).toEqual([
      ["second.ts", true],
    ]);
    expect(findings).toContain("AG405 first.ts");
    expect(findings).not.toContain("AG405 second.ts");
  });

  test("a repair: the finding stays", async () => {
    const whole = await scanWith("");
    const { internal, findings } = await scanWith("repair");
    expect(internal.map((notice) => notice.message.split(" could not")[0])).toContain("the repair of AG101");
    expect(findings).toEqual(whole.findings);
  });
});
