/** `authgap routes`: the inventory of entry points. */
import { resolve } from "node:path";
import type { Command } from "commander";
import { EXIT } from "./failures.js";
import { wantsColour, widthOf } from "./host.js";
import { listed, listOption, runScan, type Session, type SharedOptions, withSharedOptions } from "./options.js";
import { pairOutputs } from "./outputs.js";
import { writeReport } from "./write-file.js";

const FORMATS = ["text", "json", "markdown"] as const;

interface RoutesOptions extends SharedOptions {
  readonly format?: readonly string[];
  readonly output?: readonly string[];
  readonly access?: readonly string[];
  readonly method?: readonly string[];
  readonly transport?: readonly string[];
  readonly path?: string;
  readonly public?: boolean;
  readonly undecided?: boolean;
}

/** Adds the command; `exit` receives the exit status. */
export function addRoutesCommand(program: Command, session: Session, exit: (status: number) => void): void {
  const command = program
    .command("routes")
    .summary("list entry points and what guards them")
    .description("Lists every entry point with the steps that run before its handler and what each of them grants.")
    .argument("[paths...]", "folders or files")
    .addOption(listOption("-f, --format <format>", "text, json or markdown"))
    .addOption(listOption("-o, --output <file>", "where the table goes"))
    .addOption(listOption("--access <kinds>", "only public, authenticated, authorized or unknown ones"))
    .option("--public", "only those that anonymous callers reach, on purpose or not")
    .option("--undecided", "only those whose protection could not be read")
    .addOption(listOption("--method <methods>", "only these methods"))
    .addOption(listOption("--transport <kinds>", "only these transports: http, graphql, rpc, action, ws, queue, …"))
    .option("--path <glob>", "only paths that match, such as /admin/**; without a wildcard, that contain it");
  withSharedOptions(command).action(async (paths: string[], options: RoutesOptions) => {
    await listRoutes(session, paths, options);
    exit(EXIT.clean);
  });
}

async function listRoutes(session: Session, paths: readonly string[], options: RoutesOptions): Promise<void> {
  const { host } = session;
  const outputs = pairOutputs(options.format ?? [], options.output ?? [], FORMATS);
  const { result } = await runScan(session, paths, options, { rules: [], profile: "audit" });
  const { renderRoutes } = await import("../report/routes.js");
  const filters = {
    access: accessOf(options),
    method: listed(options.method),
    transport: listed(options.transport),
    path: options.path ?? "",
  };
  for (const { format, file } of outputs) {
    const colour = file === "" && wantsColour(host, host.stdout);
    const text = renderRoutes(result, { format, filters, colour, width: widthOf(host.stdout) });
    if (file === "") host.stdout.write(text);
    else writeReport(resolve(host.cwd, file), file, text);
  }
}

/** `--public` and `--undecided` are the two kinds of access that one asks for most. */
function accessOf(options: RoutesOptions): readonly string[] {
  const kinds = listed(options.access);
  if (options.public === true) kinds.push("public");
  if (options.undecided === true) kinds.push("unknown");
  return kinds;
}
