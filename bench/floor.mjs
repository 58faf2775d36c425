/**
 * The floor that the scanner is held against: lists a folder, reads and parses the files named on standard input (one
 * per line, relative to the folder) with the compiler that the scanner uses, and keeps the trees.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ts } from "ts-morph";

const [folder = "."] = process.argv.slice(2);
const wanted = new Set(readFileSync(0, "utf8").split("\n").filter(Boolean));
const trees = [];
const open = [""];
for (let at = open.pop(); at !== undefined; at = open.pop()) {
  for (const entry of readdirSync(join(folder, at), { withFileTypes: true })) {
    const path = at === "" ? entry.name : `${at}/${entry.name}`;
    if (entry.isDirectory() && entry.name !== "node_modules" && entry.name !== ".git") open.push(path);
    else if (wanted.has(path)) trees.push(parse(path));
  }
}
if (trees.length !== wanted.size) throw new Error(`${trees.length} of ${wanted.size} files were found`);

function parse(path) {
  const text = readFileSync(join(folder, path), "utf8");
  return ts.createSourceFile(path, text, ts.ScriptTarget.Latest, false);
}
