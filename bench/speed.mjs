/**
 * Holds the scanner against the floor: a process that lists, reads and parses the same files and does nothing else.
 * Whole processes, medians over several rounds, everything in one run so that a busy machine slows all alike.
 */
import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const USAGE = `Usage: npm run bench:speed -- <folder> [--rounds <n>] [scan options]

Copies the folder (without node_modules and .git) to a temporary place and measures there, in n rounds (3 at least):
  floor         list, read and parse the same files with the same compiler, trees kept
  cold          scan with an empty cache
  warm          scan again, nothing changed
  ten moved     scan again after a comment was put above all else in ten files
  ten changed   scan again after a function was added to ten files
Prints medians of wall time, processor time and peak memory, and what each is of the floor's.
Run 'npm run build' first.
`;

/** Aims, as parts of the floor. */
const LIMITS = { cold: 1.5, warm: 0.2, "ten moved": 0.5, "ten changed": 0.5 };
const KINDS = ["floor", "cold", "warm", "ten moved", "ten changed"];
const ROUNDS = 3;
const CHANGED = 10;
const LISTING = fileURLToPath(new URL("../dist/project.js", import.meta.url));
const PROGRAM = fileURLToPath(new URL("../bin/authgap.js", import.meta.url));
const FLOOR = fileURLToPath(new URL("./floor.mjs", import.meta.url));
const PRELOAD = new URL("./usage.mjs", import.meta.url).href;

process.exitCode = await main(process.argv.slice(2));

async function main(argv) {
  const [folder, ...rest] = argv;
  if (folder === undefined || folder.startsWith("-")) return stop(USAGE, argv.includes("--help") ? 0 : 2);
  if (!existsSync(folder) || !statSync(folder).isDirectory()) return stop(`error: '${folder}' is no folder\n`, 2);
  if (!existsSync(LISTING)) return stop("error: authgap is not built\n  hint: run 'npm run build'\n", 2);
  const at = rest.indexOf("--rounds");
  const rounds = at < 0 ? ROUNDS : Number(rest[at + 1]);
  if (!Number.isInteger(rounds) || rounds < ROUNDS)
    return stop(`error: --rounds takes a number from ${ROUNDS} on\n`, 2);
  const options = at < 0 ? rest : rest.toSpliced(at, 2);
  const work = mkdtempSync(join(realpathSync(tmpdir()), "authgap-speed-"));
  try {
    return await measure(folder, work, rounds, options);
  } catch (error) {
    return stop(`error: ${error.message}\n`, 3);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function stop(text, status) {
  process.stderr.write(text);
  return status;
}

async function measure(folder, work, rounds, options) {
  const copy = join(work, basename(resolve(folder)));
  // times are kept: files that look just written are read again by their content
  const filter = (path) => !["node_modules", ".git"].includes(basename(path));
  cpSync(folder, copy, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true, filter });
  const files = await sourcesOf(copy);
  if (files.length === 0) throw new Error(`'${folder}' holds no TypeScript sources`);
  const runs = Object.fromEntries(KINDS.map((kind) => [kind, []]));
  for (let round = 1; round <= rounds; round += 1) {
    process.stderr.write(`round ${round} of ${rounds}\n`);
    runs.floor.push(run([FLOOR, copy], { input: files.join("\n") }));
    const cache = join(work, `cache-${round}`);
    const scan = () => run([PROGRAM, "scan", copy, "--format", "json", "--quiet", ...options], { cache });
    runs.cold.push(scan());
    runs.warm.push(scan());
    edit(copy, files, (text) => `// round ${round}\n${text}`);
    runs["ten moved"].push(scan());
    edit(copy, files, (text) => `${text}\nexport function round${round}(value) {\n  return value;\n}\n`);
    runs["ten changed"].push(scan());
  }
  process.stdout.write(
    report(
      files.map((file) => join(copy, file)),
      runs,
      rounds,
    ),
  );
  return 0;
}

/** The files that a scan reads, by the scanner's own listing. */
async function sourcesOf(folder) {
  const { readProject } = await import(LISTING);
  const { root, files } = readProject([folder], { cwd: folder, root: folder });
  if (root !== folder) throw new Error(`the root of the copy is '${root}'`);
  return files.filter((file) => ["source", "generated", "seed"].includes(file.role)).map((file) => file.path);
}

function spread(files, count) {
  const step = Math.max(1, Math.floor(files.length / count));
  return files.filter((_, index) => index % step === step >> 1).slice(0, count);
}

/** Writes ten files anew, with a time that a later scan trusts. */
function edit(folder, files, changed) {
  for (const file of spread(files, CHANGED)) {
    const path = join(folder, file);
    writeFileSync(path, changed(readFileSync(path, "utf8")));
    const earlier = new Date(Date.now() - 60_000);
    utimesSync(path, earlier, earlier);
  }
}

/** One process from start to end. */
function run(args, { input = "", cache = "" }) {
  const started = process.hrtime.bigint();
  const child = spawnSync(process.execPath, ["--import", PRELOAD, ...args], {
    input,
    env: { ...process.env, XDG_CACHE_HOME: cache, LOCALAPPDATA: cache },
    maxBuffer: 1 << 30,
    encoding: "utf8",
  });
  const wallMs = Number(process.hrtime.bigint() - started) / 1e6;
  // 1: there are findings
  if (child.status !== 0 && child.status !== 1) throw new Error(`a process failed (${child.status}): ${child.stderr}`);
  return { wallMs, ...JSON.parse(child.stderr.slice(child.stderr.lastIndexOf("\n"))) };
}

function report(files, runs, rounds) {
  const lines = files.reduce((sum, file) => sum + readFileSync(file, "utf8").split("\n").length, 0);
  const medians = Object.fromEntries(KINDS.map((kind) => [kind, mediansOf(runs[kind])]));
  const head = ["", "wall ms", "of floor", "cpu ms", "of floor", "peak MB", "of floor", "aim"];
  const rows = KINDS.map((kind) => rowOf(kind, medians[kind], medians.floor));
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column].length)));
  const table = [head, ...rows].map((row) =>
    row
      .map((cell, i) => pad(cell, widths[i], i))
      .join("  ")
      .trimEnd(),
  );
  return `${files.length} files, ${lines} lines, medians of ${rounds} rounds, Node ${process.version}\n\n${table.join("\n")}\n`;
}

function rowOf(kind, own, floor) {
  const of = (name) => (own[name] / floor[name]).toFixed(2);
  const limit = LIMITS[kind];
  const aim = limit === undefined ? "" : own.wallMs <= limit * floor.wallMs ? `<= ${limit}` : `<= ${limit} missed`;
  return [
    kind,
    own.wallMs.toFixed(0),
    of("wallMs"),
    own.cpuMs.toFixed(0),
    of("cpuMs"),
    (own.peakKb / 1024).toFixed(0),
    of("peakKb"),
    aim,
  ];
}

function mediansOf(runs) {
  return { wallMs: median(runs, "wallMs"), cpuMs: median(runs, "cpuMs"), peakKb: median(runs, "peakKb") };
}

function median(runs, name) {
  const sorted = runs.map((one) => one[name]).sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function pad(cell, width, column) {
  return column === 0 || column === 7 ? cell.padEnd(width) : cell.padStart(width);
}
