/** `authgap audit`: one page for auditors, of a project or of many repositories. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import type { Command } from "commander";
import { isRecord } from "../base/json.js";
import { UserError } from "../base/user-error.js";
import type { AuditDocument } from "../report/audit/document.js";
import type { FleetMember } from "../report/audit/fleet.js";
import type { PastReport } from "../report/audit/past-report.js";
import { EXIT } from "./failures.js";
import { today } from "./host.js";
import { listOption, runScan, type Session, type SharedOptions, withSharedOptions } from "./options.js";
import { pairOutputs } from "./outputs.js";
import { provenanceOf } from "./provenance.js";
import { writeReport } from "./write-file.js";

const FORMATS = ["html", "markdown"] as const;

interface AuditOptions extends SharedOptions {
  readonly format?: readonly string[];
  readonly output?: readonly string[];
  readonly history?: string;
  readonly repositories?: string;
}

/** Adds the command; `exit` receives the exit status. */
export function addAuditCommand(program: Command, session: Session, exit: (status: number) => void): void {
  const command = program
    .command("audit")
    .summary("write a page for auditors")
    .description(
      "Writes one self-contained page: route map, coverage, tenancy by model, bypasses, exceptions, unknowns, controls, findings by standard, trend. It never fails for what it finds.",
    )
    .argument("[paths...]", "folders or files")
    .addOption(listOption("-f, --format <formats>", "html or markdown; both separated by commas"))
    .addOption(listOption("-o, --output <file>", "where the page goes: a file, or format=file for each of several"))
    .option("--history <folder>", "folder with SARIF files of earlier runs, for the trend")
    .option("--repositories <list>", "summary of many repositories from their SARIF files instead of a scan");
  withSharedOptions(command).action(async (paths: string[], options: AuditOptions) => {
    await writeAudit(session, paths, options);
    exit(EXIT.clean);
  });
}

async function writeAudit(session: Session, paths: readonly string[], options: AuditOptions): Promise<void> {
  const { host } = session;
  const outputs = pairOutputs(options.format ?? [], options.output ?? [], FORMATS);
  const document =
    options.repositories === undefined
      ? await projectAudit(session, paths, options)
      : await fleetAudit(session, options.repositories);
  for (const { format, file } of outputs) {
    const text = await render(document, format);
    if (file === "") host.stdout.write(text);
    else writeReport(resolve(host.cwd, file), file, text);
  }
}

async function render(document: AuditDocument, format: (typeof FORMATS)[number]): Promise<string> {
  if (format === "html") return (await import("../report/audit/page.js")).renderAuditPage(document);
  return (await import("../report/audit/markdown.js")).renderAuditMarkdown(document);
}

async function projectAudit(session: Session, paths: readonly string[], options: AuditOptions): Promise<AuditDocument> {
  const { host } = session;
  const past =
    options.history === undefined ? [] : await reportsIn(resolve(host.cwd, options.history), options.history);
  const judging = { rules: session.rules, profile: "audit", needsFacts: true } as const;
  const { result, evidence, root } = await runScan(session, paths, options, judging);
  if (evidence === null) throw new Error("the scan was asked for its facts and gave none");
  const { auditOf } = await import("../report/audit/audit.js");
  const commit = provenanceOf(root);
  return auditOf({
    ...evidence,
    result,
    day: today(host),
    title: `Authorization audit of ${nameOf(root, commit?.repositoryUri)}`,
    about:
      commit === undefined ? [] : [commit.repositoryUri, commit.branch, commit.revisionId.slice(0, 12)].filter(Boolean),
    past,
  });
}

/** Earlier reports, oldest first: by the date in a name, else by the time of the file. */
async function reportsIn(folder: string, shown: string): Promise<readonly PastReport[]> {
  const { readPastReport } = await import("../report/audit/past-report.js");
  let names: readonly string[];
  try {
    names = readdirSync(folder).filter((name) => /\.sarif(?:\.json)?$/.test(name));
  } catch {
    throw new UserError("the folder of earlier reports cannot be read", { where: shown, hint: "check --history" });
  }
  const dated = names.map((name) => {
    const date = /\d{4}-\d{2}-\d{2}(?:T[\d:-]+)?/.exec(name)?.[0];
    return { name, when: date ?? statSync(join(folder, name)).mtime.toISOString() };
  });
  dated.sort((a, b) => (a.when === b.when ? (a.name < b.name ? -1 : 1) : a.when < b.when ? -1 : 1));
  return dated.map(({ name }) => {
    const report = readPastReport(readFileSync(join(folder, name), "utf8"), name);
    if (report !== null) return report;
    throw new UserError("this is no report of authgap", {
      where: join(shown, name),
      hint: "move it out of the folder",
    });
  });
}

/** The folder of a working copy may have any name; the repository has one that everybody knows: `owner/name`. */
function nameOf(root: string, repositoryUri: string | undefined): string {
  const path = repositoryUri === undefined ? "" : new URL(repositoryUri).pathname;
  const name = path.split("/").filter(Boolean).slice(-2).map(decodeURIComponent).join("/");
  return name === "" ? basename(root) : name;
}

async function fleetAudit(session: Session, list: string): Promise<AuditDocument> {
  const { host } = session;
  const file = resolve(host.cwd, list);
  const [{ fleetOf }, { readPastReport }] = await Promise.all([
    import("../report/audit/fleet.js"),
    import("../report/audit/past-report.js"),
  ]);
  const members = (await listedRepositories(file, list)).map(({ name, owner, sarif }): FleetMember => {
    const text = textOf(resolve(dirname(file), sarif));
    const report = text === null ? null : readPastReport(text, name);
    const problem =
      text === null ? `${sarif} cannot be read` : report === null ? `${sarif} is no report of authgap` : "";
    return { name, owner, report, problem };
  });
  return fleetOf(members, today(host), session.toolVersion);
}

interface Listed {
  readonly name: string;
  readonly owner: string;
  readonly sarif: string;
}

/** `repositories: [{ name, sarif, owner }]`; file names are taken from the list's own folder. */
async function listedRepositories(file: string, shown: string): Promise<readonly Listed[]> {
  const wrong = (what: string) =>
    new UserError(what, {
      where: shown,
      hint: "write: repositories: [{ name: orders, sarif: reports/orders.sarif, owner: orders-team }]",
    });
  const text = textOf(file);
  if (text === null) throw wrong("the list of repositories cannot be read");
  const { parse } = await import("yaml");
  let list: unknown;
  try {
    list = parse(text, { maxAliasCount: 10, prettyErrors: false });
  } catch {
    throw wrong("the list of repositories is no YAML");
  }
  const items: unknown = isRecord(list) ? list.repositories : undefined;
  if (!Array.isArray(items) || items.length === 0) throw wrong("the list names no repositories");
  return items.map((item: unknown, index) => {
    if (!isRecord(item) || typeof item.name !== "string" || typeof item.sarif !== "string")
      throw wrong(`repositories[${index}] needs 'name' and 'sarif'`);
    return { name: item.name, sarif: item.sarif, owner: typeof item.owner === "string" ? item.owner : "" };
  });
}

function textOf(file: string): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return null;
  }
}
