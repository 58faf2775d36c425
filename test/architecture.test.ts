/** The house as DESIGN section 3 draws it, read off our own imports. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

interface Room {
  /** rooms it may look into, itself apart */
  readonly rooms: readonly string[];
  /** packages; `node` stands for everything that Node brings */
  readonly packages: readonly string[];
}

const GROUND = ["src/model", "src/base"];

const ROOMS: Readonly<Record<string, Room>> = {
  "src/base": { rooms: [], packages: ["node", "picomatch"] },
  "src/model": { rooms: ["src/base"], packages: [] },
  "src/project": { rooms: GROUND, packages: ["node"] },
  "src/syntax": { rooms: GROUND, packages: ["ts-morph", "node"] },
  "src/program": { rooms: GROUND, packages: [] },
  "src/frameworks": { rooms: ["src/program", ...GROUND], packages: ["libpg-query", "yaml"] },
  "src/facts": { rooms: ["src/frameworks", "src/program", ...GROUND], packages: [] },
  "src/policy": { rooms: GROUND, packages: ["node", "zod", "yaml"] },
  rules: { rooms: GROUND, packages: [] },
  "src/scan": {
    rooms: ["src/project", "src/syntax", "src/program", "src/facts", "src/policy", ...GROUND],
    packages: ["node", "diff"],
  },
  "src/report": { rooms: GROUND, packages: ["sarif"] },
  "src/editor": {
    rooms: ["src/scan", "src/report", "src/policy", ...GROUND],
    packages: ["node", "vscode-languageserver", "vscode-languageserver-textdocument"],
  },
  "src/cli": {
    rooms: ["src/editor", "src/scan", "src/report", "src/project", "src/policy", ...GROUND],
    packages: ["node", "chokidar", "commander", "picocolors", "yaml"],
  },
  bin: { rooms: ["src/cli", "rules"], packages: ["node"] },
};

/** What may stand in a single file of its room only, so that it can be replaced there. */
const ONE_FILE_ONLY: readonly (readonly [room: string, module: string])[] = [
  ["src/base", "picomatch"],
  ["src/syntax", "ts-morph"],
  ["src/syntax", "node:module"],
  ["src/frameworks", "libpg-query"],
  ["src/frameworks", "yaml"],
  ["src/policy", "node:fs"],
  ["src/scan", "diff"],
  ["src/cli", "chokidar"],
];

/** A grammar is recursive (expressions hold functions, functions hold statements), and so is code that follows one. */
const RECURSIVE_BY_NATURE: readonly string[] = ["src/syntax"];

interface Arrow {
  readonly from: string;
  readonly specifier: string;
  /** file from the root, '' for a package */
  readonly to: string;
  readonly typeOnly: boolean;
  /** `import("…")` in an expression */
  readonly onDemand: boolean;
}

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const FILES = ["src", "rules", "bin"].flatMap((folder) => sourcesBelow(folder));
const ARROWS = FILES.flatMap(arrowsOf);

function sourcesBelow(folder: string): string[] {
  if (!existsSync(join(ROOT, folder))) return [];
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".d.ts"))
    .map((name) => `${folder}/${name.replaceAll("\\", "/")}`)
    .sort();
}

/** Import and export statements, and `import("…")` and `require("…")` of a literal; comments do not count. */
function arrowsOf(from: string): Arrow[] {
  const text = readFileSync(join(ROOT, from), "utf8").replace(/^\s*(\/\*[\s\S]*?\*\/|\/\/.*)$/gm, "");
  const found: Arrow[] = [];
  const statements = /^(?:import|export)\s+(type\s)?(?:[^;'"]*?\sfrom\s+)?["']([^"']+)["']/gm;
  for (const [, typeOnly, specifier = ""] of text.matchAll(statements)) {
    found.push(arrow(from, specifier, { typeOnly: typeOnly !== undefined, onDemand: false }));
  }
  // `typeof import("…")` vanishes with the types
  for (const [, typeOf, specifier = ""] of text.matchAll(
    /(typeof\s+)?\b(?:import|require)\(\s*["']([^"']+)["']\s*\)/g,
  )) {
    found.push(arrow(from, specifier, { typeOnly: typeOf !== undefined, onDemand: true }));
  }
  return found;
}

function arrow(from: string, specifier: string, how: Pick<Arrow, "typeOnly" | "onDemand">): Arrow {
  const local = specifier.startsWith(".");
  const to = local
    ? normalize(join(dirname(from), specifier))
        .replaceAll("\\", "/")
        .replace(/\.js$/, ".ts")
    : "";
  return { from, specifier, to, ...how };
}

function roomOf(file: string): string {
  const [first = "", second = ""] = file.split("/");
  return first === "src" ? `${first}/${second}` : first;
}

function packageOf(specifier: string): string {
  if (specifier.startsWith("node:")) return "node";
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

/** Files on a circle of imports that exist at run time, '' when there is none. */
function circle(): string {
  const counts = ({ from, to, typeOnly }: Arrow): boolean =>
    to !== "" && !typeOnly && !(roomOf(from) === roomOf(to) && RECURSIVE_BY_NATURE.includes(roomOf(from)));
  const next = new Map(FILES.map((file) => [file, ARROWS.filter((one) => one.from === file && counts(one))]));
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): string => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file].join(" > ");
    if (done.has(file)) return "";
    for (const { to } of next.get(file) ?? []) {
      const found = visit(to, [...path, file]);
      if (found !== "") return found;
    }
    done.add(file);
    return "";
  };
  return FILES.map((file) => visit(file, [])).find((found) => found !== "") ?? "";
}

/** Everything that one of the doors leads to. */
function reachedFrom(doors: readonly string[]): Set<string> {
  const reached = new Set<string>();
  const open = [...doors];
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (reached.has(file)) continue;
    reached.add(file);
    for (const one of ARROWS) if (one.from === file && one.to !== "") open.push(one.to);
  }
  return reached;
}

describe("architecture", () => {
  it("has a place in the plan for every file", () => {
    expect(FILES.filter((file) => ROOMS[roomOf(file)] === undefined)).toEqual([]);
  });

  it("imports only what is there", () => {
    const known = new Set(FILES);
    expect(ARROWS.filter((one) => one.to !== "" && !known.has(one.to)).map(shown)).toEqual([]);
  });

  it("points downwards only", () => {
    const upward = ARROWS.filter(({ from, to }) => {
      const [here, there] = [roomOf(from), roomOf(to)];
      return to !== "" && here !== there && ROOMS[here]?.rooms.includes(there) !== true;
    });
    expect(upward.map(shown)).toEqual([]);
  });

  it("has no circle", () => {
    expect(circle()).toBe("");
  });

  it("uses outside packages only where they belong", () => {
    const strangers = ARROWS.filter(
      ({ from, to, specifier }) => to === "" && ROOMS[roomOf(from)]?.packages.includes(packageOf(specifier)) !== true,
    );
    expect(strangers.map(shown)).toEqual([]);
  });

  it.each(ONE_FILE_ONLY)("%s keeps %s in one file", (room, module) => {
    const users = ARROWS.filter((one) => roomOf(one.from) === room && one.specifier === module && !one.typeOnly);
    expect([...new Set(users.map((one) => one.from))].length).toBeLessThanOrEqual(1);
  });

  it("loads heavy packages only when they are needed", () => {
    const heavy = ARROWS.filter(({ specifier }) => specifier === "ts-morph" || specifier === "libpg-query");
    expect(heavy.filter((one) => !one.typeOnly && !one.onDemand).map(shown)).toEqual([]);
  });

  it.skipIf(sourcesBelow("bin").length === 0)("has no file that nothing reaches", () => {
    const reached = reachedFrom(FILES.filter((file) => file.startsWith("bin/")));
    expect(FILES.filter((file) => !reached.has(file))).toEqual([]);
  });
});

function shown({ from, specifier }: Arrow): string {
  return `${from} → ${specifier}`;
}
