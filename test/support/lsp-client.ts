/** An editor as far as the language server can tell: a real protocol connection to the real command. */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import {
  type CodeAction,
  type CompletionItem,
  createProtocolConnection,
  type Diagnostic,
  type Hover,
  type ProtocolConnection,
  type PublishDiagnosticsParams,
  type Range,
  type WorkspaceEdit,
} from "vscode-languageserver/node";
import { REPOSITORY } from "./cli.js";

const PATIENCE_MS = 60_000;

export class LspClient {
  readonly #connection: ProtocolConnection;
  readonly #process: ChildProcess;
  readonly #diagnostics = new Map<string, readonly Diagnostic[]>();
  readonly #waiting = new Set<() => void>();
  readonly #versions = new Map<string, number>();
  readonly logged: string[] = [];
  readonly exited: Promise<number | null>;

  constructor(
    private readonly folder: string,
    args: readonly string[] = [],
  ) {
    const { PATH, HOME } = process.env;
    const env = { PATH, HOME, XDG_CACHE_HOME: join(folder, ".cache") };
    const child = spawn(process.execPath, [join(REPOSITORY, "bin/authgap.js"), "lsp", "--stdio", ...args], {
      cwd: folder,
      env,
    });
    this.#process = child;
    this.exited = new Promise((resolve) => child.on("exit", (code) => resolve(code)));
    child.stderr.on("data", (chunk: Buffer) => this.logged.push(chunk.toString()));
    this.#connection = createProtocolConnection(child.stdout, child.stdin);
    this.#connection.onNotification("textDocument/publishDiagnostics", (params: PublishDiagnosticsParams) => {
      this.#diagnostics.set(params.uri, params.diagnostics);
      for (const check of this.#waiting) check();
    });
    this.#connection.onNotification("window/logMessage", (params: { message: string }) => {
      this.logged.push(params.message);
    });
    this.#connection.listen();
  }

  uri(file: string): string {
    return pathToFileURL(join(this.folder, file)).href;
  }

  async start(): Promise<unknown> {
    const result = await this.#connection.sendRequest("initialize", {
      processId: process.pid,
      rootUri: pathToFileURL(this.folder).href,
      workspaceFolders: [{ uri: pathToFileURL(this.folder).href, name: "folder" }],
      capabilities: {},
    });
    await this.#connection.sendNotification("initialized", {});
    return result;
  }

  async open(file: string, text: string): Promise<void> {
    const languageId = file.endsWith(".yaml") ? "yaml" : "typescript";
    this.#versions.set(file, 1);
    await this.#connection.sendNotification("textDocument/didOpen", {
      textDocument: { uri: this.uri(file), languageId, version: 1, text },
    });
  }

  /** The whole text is replaced, or a range of it. */
  async change(file: string, text: string, range?: Range): Promise<void> {
    const version = (this.#versions.get(file) ?? 0) + 1;
    this.#versions.set(file, version);
    const contentChanges = [range === undefined ? { text } : { range, text }];
    await this.#connection.sendNotification("textDocument/didChange", {
      textDocument: { uri: this.uri(file), version },
      contentChanges,
    });
  }

  async save(file: string): Promise<void> {
    await this.#connection.sendNotification("textDocument/didSave", { textDocument: { uri: this.uri(file) } });
  }

  async close(file: string): Promise<void> {
    await this.#connection.sendNotification("textDocument/didClose", { textDocument: { uri: this.uri(file) } });
  }

  diagnostics(file: string): readonly Diagnostic[] {
    return this.#diagnostics.get(this.uri(file)) ?? [];
  }

  /** Waits until what was told of a file is as wanted. */
  async until(file: string, wanted: (diagnostics: readonly Diagnostic[]) => boolean): Promise<readonly Diagnostic[]> {
    if (wanted(this.diagnostics(file))) return this.diagnostics(file);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(check);
        reject(new Error(`waited in vain; of ${file}: ${JSON.stringify(this.diagnostics(file))} log: ${this.logged}`));
      }, PATIENCE_MS);
      const check = (): void => {
        if (!wanted(this.diagnostics(file))) return;
        clearTimeout(timer);
        this.#waiting.delete(check);
        resolve(this.diagnostics(file));
      };
      this.#waiting.add(check);
    });
  }

  hover(file: string, line: number, character: number): Promise<Hover | null> {
    return this.#connection.sendRequest("textDocument/hover", this.#at(file, line, character));
  }

  completion(file: string, line: number, character: number): Promise<CompletionItem[]> {
    return this.#connection.sendRequest("textDocument/completion", this.#at(file, line, character));
  }

  actions(file: string, range: Range): Promise<CodeAction[]> {
    const context = { diagnostics: [] };
    return this.#connection.sendRequest("textDocument/codeAction", {
      textDocument: { uri: this.uri(file) },
      range,
      context,
    });
  }

  #at(file: string, line: number, character: number) {
    return { textDocument: { uri: this.uri(file) }, position: { line, character } };
  }

  /** Ends the server as editors do; resolves to its exit status. */
  async stop(): Promise<number | null> {
    await this.#connection.sendRequest("shutdown");
    await this.#connection.sendNotification("exit");
    return this.exited;
  }

  kill(): void {
    this.#process.kill("SIGKILL");
  }
}

/** The text of one file after an edit; edits are given from the back to the front, or do not overlap. */
export function applied(text: string, edit: WorkspaceEdit | undefined, uri: string): string {
  const lines = text.split("\n");
  const offset = ({ line, character }: Range["start"]): number =>
    lines.slice(0, line).reduce((sum, one) => sum + one.length + 1, 0) + character;
  let result = text;
  for (const change of edit?.documentChanges ?? []) {
    if (!("textDocument" in change) || change.textDocument.uri !== uri) continue;
    const edits = change.edits.flatMap((one) => ("newText" in one ? [one] : []));
    for (const { range, newText } of edits.sort((a, b) => offset(b.range.start) - offset(a.range.start)))
      result = result.slice(0, offset(range.start)) + newText + result.slice(offset(range.end));
  }
  return result;
}
