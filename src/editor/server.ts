/** The language server: requests of an editor answered from the last run over what it holds. */

import {
  CodeActionKind,
  type CompletionItem,
  CompletionItemKind,
  type Connection,
  createConnection,
  DidChangeWatchedFilesNotification,
  type InitializeParams,
  type InitializeResult,
  TextDocumentSyncKind,
  TextDocuments,
} from "vscode-languageserver/node";
import { TextDocument } from "vscode-languageserver-textdocument";
import { UserError } from "../base/user-error.js";
import { meaningAt, type Suggestion, suggestionsAt } from "../policy/manifest-assist.js";
import { MANIFEST_NAMES } from "../policy/read-manifest.js";
import { TOOL_NAME } from "../report/tool.js";
import { type Live, mayMatter } from "../scan/live.js";
import type { ScanRequest } from "../scan/request.js";
import { actionsFor } from "./actions.js";
import { hoverAt } from "./hover.js";
import { fromRoot, overlap, pathOf, rangeOf } from "./places.js";
import { isManifest, Session } from "./session.js";

export interface ServerOptions {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
  readonly version: string;
  openLive(): Promise<Live>;
  /** the request for a folder, made anew for each run */
  request(folder: string): ScanRequest;
  /** ISO date of now */
  today(): string;
}

const WATCHED =
  "**/{*.{ts,tsx,mts,cts,js,jsx,mjs,cjs,prisma,sql},package.json,tsconfig*.json,jsconfig.json,authgap.policy.*,.gitignore}";
const EXCEPTION_DAYS = 90;

/** Serves until the editor hangs up; the connection then ends the process. */
export function serve(options: ServerOptions): Promise<void> {
  const connection = createConnection(options.input, options.output);
  new Server(options, connection).listen();
  return new Promise((resolve) => connection.onExit(() => resolve()));
}

class Server {
  readonly #documents = new TextDocuments(TextDocument);
  readonly #sessions: Session[] = [];
  #folders: string[] = [];
  #watches = false;

  constructor(
    private readonly options: ServerOptions,
    private readonly connection: Connection,
  ) {}

  listen(): void {
    const { connection } = this;
    connection.onInitialize((params) => this.#initialize(params));
    connection.onInitialized(() => void this.#start());
    connection.onDidChangeWatchedFiles(({ changes }) => {
      for (const { uri, type } of changes) this.#changed(uri, type === 2);
    });
    this.#documents.onDidChangeContent(({ document }) => this.#changed(document.uri, true));
    this.#documents.onDidSave(({ document }) => this.#changed(document.uri, this.#watches));
    this.#documents.onDidClose(({ document }) => this.#changed(document.uri, false));
    connection.onHover(({ textDocument, position }) => this.#hover(textDocument.uri, position));
    connection.onCodeAction(({ textDocument, range }) => this.#actions(textDocument.uri, range));
    connection.onCompletion(({ textDocument, position }) => this.#completion(textDocument.uri, position));
    connection.onShutdown(() => {
      for (const session of this.#sessions) session.close();
    });
    this.#documents.listen(connection);
    connection.listen();
  }

  #initialize(params: InitializeParams): InitializeResult {
    const folders = (params.workspaceFolders ?? []).map(({ uri }) => pathOf(uri)).filter((path) => path !== null);
    const root = params.rootUri == null ? null : pathOf(params.rootUri);
    this.#folders = folders.length > 0 ? folders : root === null ? [] : [root];
    this.#watches = params.capabilities.workspace?.didChangeWatchedFiles?.dynamicRegistration === true;
    return {
      serverInfo: { name: TOOL_NAME, version: this.options.version },
      capabilities: {
        textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental, save: true },
        hoverProvider: true,
        codeActionProvider: { codeActionKinds: [CodeActionKind.QuickFix] },
        completionProvider: { triggerCharacters: [" ", ":", "-", "[", ",", '"'] },
        workspace: { workspaceFolders: { supported: false } },
      },
    };
  }

  async #start(): Promise<void> {
    if (this.#watches) {
      const watchers = [{ globPattern: WATCHED }];
      await this.connection.client.register(DidChangeWatchedFilesNotification.type, { watchers });
    }
    for (const folder of this.#folders) {
      try {
        const session = await this.#session(folder);
        this.#sessions.push(session);
        session.changed(null);
      } catch (error) {
        this.connection.console.error(error instanceof UserError ? error.message : String(error));
      }
    }
  }

  async #session(folder: string): Promise<Session> {
    const live = await this.options.openLive();
    return new Session({
      live,
      request: () => this.options.request(folder),
      unsaved: () => this.#unsaved(),
      publish: (uri, diagnostics) => void this.connection.sendDiagnostics({ uri, diagnostics: [...diagnostics] }),
      log: (message) => this.connection.console.warn(message),
    });
  }

  /** Open documents are read from the editor, saved or not: it alone knows what the person sees. */
  #unsaved(): ReadonlyMap<string, string> {
    const texts = new Map<string, string>();
    for (const document of this.#documents.all()) {
      const path = pathOf(document.uri);
      if (path !== null) texts.set(path, document.getText());
    }
    return texts;
  }

  #changed(uri: string, textOnly: boolean): void {
    const path = pathOf(uri);
    if (path === null || !mayMatter(path)) return;
    for (const session of this.#sessions) {
      if (fromRoot(session.root, path) !== null) session.changed(textOnly ? path : null);
    }
  }

  /** The project that a document belongs to, and its path there. */
  #placed(uri: string): { readonly session: Session; readonly file: string } | null {
    const path = pathOf(uri);
    if (path === null) return null;
    const found = this.#sessions
      .map((session) => ({ session, file: fromRoot(session.root, path) }))
      .flatMap(({ session, file }) => (file === null ? [] : [{ session, file }]))
      .sort((a, b) => a.file.length - b.file.length);
    return found[0] ?? null;
  }

  #hover(uri: string, position: { line: number; character: number }) {
    const placed = this.#placed(uri);
    if (placed === null) return null;
    const { session, file } = placed;
    const document = this.#documents.get(uri);
    if (isManifest(file) && document !== undefined) {
      const meaning = meaningAt(document.getText(), document.offsetAt(position));
      if (meaning !== "") return { contents: { kind: "markdown" as const, value: meaning } };
    }
    const { seen } = session;
    return seen === null ? null : hoverAt(seen.outcome.result, seen.outcome.root, file, position);
  }

  #actions(
    uri: string,
    range: { start: { line: number; character: number }; end: { line: number; character: number } },
  ) {
    const placed = this.#placed(uri);
    const seen = placed?.session.seen ?? null;
    if (placed === null || seen === null) return [];
    const { file, session } = placed;
    // offsets of the last run mean nothing in a text that has changed since
    const document = this.#documents.get(uri);
    if (document !== undefined && document.getText() !== seen.text(file)) return [];
    const findings = seen.outcome.result.findings.filter(
      (one) => one.suppression === null && one.at.file === file && overlap(rangeOf(one.at.region), range),
    );
    const context = { seen, manifest: this.#manifest(session), expires: this.#expires() };
    return findings.flatMap((finding) => {
      const diagnostic = session.diagnosticOf(finding);
      return diagnostic === null ? [] : actionsFor(finding, diagnostic, context);
    });
  }

  #manifest(session: Session): { readonly name: string; readonly text: string } | null {
    for (const name of MANIFEST_NAMES) {
      const text = session.textOf(name);
      if (text !== null) return { name, text };
    }
    return null;
  }

  #expires(): string {
    const day = new Date(`${this.options.today()}T00:00:00Z`);
    day.setUTCDate(day.getUTCDate() + EXCEPTION_DAYS);
    return day.toISOString().slice(0, 10);
  }

  #completion(uri: string, position: { line: number; character: number }): CompletionItem[] {
    const placed = this.#placed(uri);
    const document = this.#documents.get(uri);
    if (placed === null || document === undefined || !isManifest(placed.file)) return [];
    const result = placed.session.seen?.outcome.result;
    const known = {
      rules: (result?.rules ?? []).flatMap(({ code, name }) => [code, name]),
      entries: (result?.routes ?? []).map(({ method, path }) => `${method} ${path}`),
    };
    const found = suggestionsAt(document.getText(), document.offsetAt(position), known);
    return found.map((suggestion) => completionItem(suggestion, document));
  }
}

function completionItem(
  { label, detail, kind, insert, start, end }: Suggestion,
  document: TextDocument,
): CompletionItem {
  const range = { start: document.positionAt(start), end: document.positionAt(end) };
  return {
    label,
    kind: kind === "key" ? CompletionItemKind.Property : CompletionItemKind.Value,
    ...(detail === "" ? {} : { detail }),
    textEdit: { range, newText: insert },
  };
}
