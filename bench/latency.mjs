// How long an edit takes to show in an editor: a language-server client types into a file with findings.
// npm run bench:latency -- <folder> [edits]
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { createProtocolConnection } from "vscode-languageserver/node";

const folder = resolve(process.argv[2] ?? ".");
const edits = Number(process.argv[3] ?? 30);
const bin = join(fileURLToPath(new URL("..", import.meta.url)), "bin/authgap.js");
const server = spawn(process.execPath, [bin, "lsp", "--profile", "audit"], {
  cwd: folder,
  stdio: ["pipe", "pipe", "inherit"],
});
const connection = createProtocolConnection(server.stdout, server.stdin);
const known = new Map();
let heard = () => {};
connection.onNotification("textDocument/publishDiagnostics", ({ uri, diagnostics }) => {
  known.set(uri, diagnostics);
  heard(uri);
});
connection.listen();

/** milliseconds of processor time that the server has used */
function processorMs() {
  try {
    const fields = readFileSync(`/proc/${server.pid}/stat`, "utf8").split(") ")[1].split(" ");
    return (Number(fields[11]) + Number(fields[12])) * 10;
  } catch {
    return Number.NaN;
  }
}

const until = (uri) =>
  new Promise((done) => {
    heard = (told) => (uri === undefined || told === uri ? done(false) : undefined);
  });

const root = pathToFileURL(folder).href;
await connection.sendRequest("initialize", {
  processId: process.pid,
  rootUri: root,
  workspaceFolders: [{ uri: root, name: "bench" }],
  capabilities: {},
});
const started = performance.now();
const first = until();
await connection.sendNotification("initialized", {});
await first;
const opening = performance.now() - started;
await new Promise((done) => setTimeout(done, 500));
const [uri] = [...known].filter(([one]) => /\.[cm]?tsx?$/.test(one)).sort((a, b) => b[1].length - a[1].length)[0];
const text = readFileSync(fileURLToPath(uri), "utf8");
await connection.sendNotification("textDocument/didOpen", {
  textDocument: { uri, languageId: "typescript", version: 1, text },
});
await new Promise((done) => setTimeout(done, 500));

const imports = [...text.matchAll(/^(?:import [^;]*;|\} from [^;]*;|["']use \w+["'];?)$/gm)].at(-1);
const lines = text.split("\n");
const belowImports = imports === undefined ? 0 : text.slice(0, imports.index + imports[0].length).split("\n").length;
const found = Math.min(...known.get(uri).map(({ range }) => range.start.line));
/** the line after which the body of the function around the first finding begins; -1 when it is not seen */
const body = lines.findLastIndex((line, at) => at <= found && /(?:=>|\)|\)\s*:[^={]+)\s*\{\s*$/.test(line));
let version = 1;

/** Replaces lines, and gives the milliseconds until something else is told of the file; null when nothing is. */
async function typed(line, removed, text) {
  version += 1;
  const at = performance.now();
  const told = until(uri);
  const range = { start: { line, character: 0 }, end: { line: line + removed, character: 0 } };
  await connection.sendNotification("textDocument/didChange", {
    textDocument: { uri, version },
    contentChanges: [{ range, text }],
  });
  const nothing = new Promise((done) => setTimeout(done, 20_000, true));
  return (await Promise.race([told, nothing])) === true ? null : performance.now() - at;
}

/** Types so many times at a line. @param undone what was typed is taken back each time, which counts for nothing */
async function measure(line, written, undone = false) {
  const wall = [];
  const cpu = [];
  for (let edit = 0; edit < edits; edit++) {
    const before = processorMs();
    const ms = await typed(line, 0, `${written(version)}\n`);
    if (ms === null) return null;
    wall.push(ms);
    cpu.push(processorMs() - before);
    if (undone && (await typed(line, 1, "")) === null) return null;
  }
  return { wall, cpu };
}

const results = [
  // one declaration more below the imports each time: new code, and what stands below it moves
  ["new code", await measure(belowImports, (nth) => `export const edited${nth} = ${nth};`)],
];
// a statement more in the handler, which lies as many lines lower now: everything that it does is judged again
const within = body + 1 + edits;
if (body >= 0) {
  results.push(["in a function", await measure(within, (nth) => `const edited${nth} = ${nth};`)]);
  // nothing behind it happens: what was found there is gone
  results.push(["what is found", await measure(within, (nth) => `throw new Error("${nth}");`, true)]);
}
const median = (list) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)];
const line = (name, list) =>
  `${name.padEnd(10)} median ${median(list).toFixed(0)} ms, best ${Math.min(...list).toFixed(0)}, worst ${Math.max(...list).toFixed(0)}\n`;
process.stdout.write(`${fileURLToPath(uri)}\nfirst      ${opening.toFixed(0)} ms until findings show\n`);
for (const [name, times] of results) {
  const told =
    times === null ? "nothing else was told\n" : `${line("wall", times.wall)}${line("processor", times.cpu)}`;
  process.stdout.write(`${name}\n${told}`);
}
await connection.sendRequest("shutdown");
await connection.sendNotification("exit");
