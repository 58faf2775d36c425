/** A small service of its own making, in the states that a change takes it through. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { writeFiles } from "../support/run-scan.js";

const GUARDS = `import jwt from "jsonwebtoken";
export function requireUser(req, res, next) {
  try {
    req.user = jwt.verify(req.headers.authorization ?? "", process.env.KEY, { algorithms: ["HS256"] });
  } catch {
    res.status(401).end();
    return;
  }
  next();
}
`;

const APP = `import express from "express";
import { requireUser } from "./guards.js";
import { admin } from "./admin.js";
import { notes } from "./notes.js";
const app = express();
app.use("/notes", notes);
app.use("/admin", requireUser, admin);
app.listen(3000);
`;

const ADMIN = `import { Router } from "express";
import { rm, readdir } from "node:fs/promises";
export const admin = Router();
admin.get("/files", async (req, res) => {
  res.json(await readdir("/srv/files"));
});
admin.delete("/files/:name", async (req, res) => {
  await rm("/srv/files/" + req.params.name);
  res.end();
});
admin.post("/purge", async (req, res) => {
  await rm("/srv/files", { recursive: true });
  res.end();
});
`;

const NOTES = `import { Router } from "express";
import { appendFile } from "node:fs/promises";
export const notes = Router();
notes.post("/", async (req, res) => {
  await appendFile("/srv/notes", req.body.text);
  res.end();
});
`;

/** One finding: \`POST /notes\` is open. */
export const SERVICE: Readonly<Record<string, string>> = {
  "package.json": '{ "name": "files", "private": true, "type": "module", "dependencies": { "express": "5" } }\n',
  "src/app.ts": APP,
  "src/guards.ts": GUARDS,
  "src/admin.ts": ADMIN,
  "src/notes.ts": NOTES,
};

/** The administration loses its guard. */
export const WITHOUT_GUARD = { "src/app.ts": APP.replace('"/admin", requireUser, admin', '"/admin", admin') };

/** Reformatted and moved down, nothing else. */
export const NOTES_MOVED = NOTES.replace(
  'notes.post("/", async (req, res) => {',
  '// Notes come from the public form.\n\nnotes.post("/",  async (req,  res) =>  {',
);

export const NOTES_TEXT = NOTES;
export const APP_TEXT = APP;

/** git in a folder, untouched by the machine's own settings. */
export function git(folder: string, ...args: string[]): string {
  const identity = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"];
  const env = { PATH: process.env.PATH, HOME: folder, GIT_CONFIG_NOSYSTEM: "1", GIT_CONFIG_GLOBAL: "/dev/null" };
  const run = spawnSync("git", [...identity, ...args], { cwd: folder, env, encoding: "utf8" });
  if (run.status !== 0) throw new Error(`git ${args.join(" ")}: ${run.stderr}`);
  return run.stdout.trim();
}

/** A repository whose first commit is the service. */
export function repository(folder: string, files: Readonly<Record<string, string>> = SERVICE): string {
  writeFiles(folder, files);
  git(folder, "init", "-q", "-b", "main");
  commit(folder, "first");
  return join(folder, ".git");
}

export function commit(folder: string, message: string): string {
  git(folder, "add", "-A");
  git(folder, "commit", "-q", "-m", message);
  return git(folder, "rev-parse", "HEAD");
}
