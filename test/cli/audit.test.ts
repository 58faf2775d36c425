/** `authgap audit` as it is shipped: a page that stands alone, its Markdown twin, and the summary of many repositories. */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { html } from "../../src/report/audit/safe-html.js";
import { authgap, REPOSITORY } from "../support/cli.js";
import { temporaryFolder } from "../support/run-scan.js";

const DAY = { SOURCE_DATE_EPOCH: String(Date.UTC(2026, 10, 22) / 1000) };
let folder = "";
let page = "";
let twin = "";

beforeAll(() => {
  folder = temporaryFolder("audit");
  cpSync(join(REPOSITORY, "fixtures/_apps/invoicing"), folder, { recursive: true });
  mkdirSync(join(folder, "history"));
  run("scan", "--profile", "audit", "--fail-on", "never", "--quiet", "-o", "history/2026-10-01.sarif");
  // what a stranger may write into a path must not become markup
  writeFileSync(
    join(folder, "src/evil.ts"),
    'import express from "express";\nconst app = express();\napp.get("/<img src=x onerror=alert(1)>/|pipe", (_req, res) => res.json({}));\n',
  );
  run("audit", "--history", "history", "-o", "html=audit.html", "-o", "markdown=audit.md");
  page = readFileSync(join(folder, "audit.html"), "utf8");
  twin = readFileSync(join(folder, "audit.md"), "utf8");
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = (...args: string[]) => authgap(args, folder, DAY);

const TITLES = [
  "Findings",
  "Route map",
  "Coverage by family",
  "Tenancy by model",
  "Bypass register",
  "Exceptions",
  "Not decided",
  "Controls and owners",
  "Findings by standard",
  "Trend",
];

describe("audit", () => {
  it("has the same sections in both forms", () => {
    expect([...page.matchAll(/<h2>(.*?) <small>/g)].map((match) => match[1])).toEqual(TITLES);
    expect([...twin.matchAll(/^## (.*)$/gm)].map((match) => match[1])).toEqual(TITLES);
  });

  it("is called by the folder, or by the repository that a working copy has for its remote", () => {
    expect(page).not.toContain("Authorization audit of shop/orders");
    mkdirSync(join(folder, ".git"));
    writeFileSync(join(folder, ".git/config"), '[remote "origin"]\n\turl = git@code.example.com:shop/orders.git\n');
    writeFileSync(join(folder, ".git/HEAD"), "ref: refs/heads/main\n");
    run("audit", "-o", "html=again.html");
    rmSync(join(folder, ".git"), { recursive: true });
    expect(readFileSync(join(folder, "again.html"), "utf8")).toContain("<h1>Authorization audit of shop/orders</h1>");
  });

  it("needs nothing but itself", () => {
    expect(page).not.toMatch(/<(?:link|img|iframe|object)\b|<script[^>]|@import|url\(/i);
    expect(page).toContain("default-src &#39;none&#39;");
    expect(page).not.toContain(folder);
  });

  it("tells in its links how much there is, breaks paths at slashes, and sorts and filters every table that has rows", () => {
    const [, count = ""] = /<a href="#routes">Route map <small>(\d+)<\/small><\/a>/.exec(page) ?? [];
    const section = page.slice(page.indexOf('<section id="routes">'), page.indexOf('<section id="families">'));
    const body = section.slice(section.indexOf("<tbody>"));
    expect(Number(count)).toBe(body.split("<tr>").length - 1);
    expect(section).toMatch(/<td>src\/<wbr>routes\/<wbr>[a-z]+\.ts<wbr>:\d+/);
    for (const one of page.split('<section id="').slice(1)) {
      if (!one.includes("<table>")) continue;
      expect(one).toContain('<input type="search"');
      expect(one).toMatch(/<th scope="col"><button type="button">/);
    }
    for (const style of ["prefers-color-scheme: dark", "@media print", "tr[hidden]"]) expect(page).toContain(style);
  });

  it("shows text of the project as text", () => {
    expect(page).toContain("/&lt;img src=x onerror=alert(1)&gt;/|pipe");
    expect(twin).toContain("/\\<img src=x onerror=alert(1)\\>/\\|pipe");
  });

  it("tells who guards, who owns and what ended", () => {
    expect(twin).toMatch(/\| DELETE \| \/members\/:userId<br>express \| authorized \| requireUser → can/);
    expect(twin).toMatch(/\| tokenValidation \| src\/auth\/tokens\.ts\\#verifyToken \| identity-team \|/);
    expect(twin).toContain("| sales-team | 2026-06-30<br>past |");
    expect(twin).toMatch(/\| Invoice \| column<br>orgId \(tenant\)/);
    expect(twin).toMatch(
      /\| OWASP API Security Top 10 2023 \| API1:2023 \| Broken Object Level Authorization \| [1-9]/,
    );
  });

  it("counts against earlier reports", () => {
    expect(twin).toMatch(/\| 2026-10-01\.sarif \|[^\n]*\n\| 2026-11-22 \(this report\) \| \d+ \| \d+ \| \d+ \| [1-9]/);
    writeFileSync(join(folder, "history/other.sarif"), "{}");
    const wrong = run("audit", "--history", "history", "-f", "markdown");
    rmSync(join(folder, "history/other.sarif"));
    expect(wrong).toMatchObject({ status: 2, stderr: expect.stringContaining("this is no report of authgap") });
  });

  it("is the same from run to run", () => {
    expect(run("audit", "--history", "history").stdout).toBe(page);
  });
});

describe("audit --repositories", () => {
  it("sums up reports and says which are missing", () => {
    const list =
      'repositories:\n  - { name: invoicing, sarif: history/2026-10-01.sarif, owner: billing }\n  - { name: "<lost>", sarif: nowhere.sarif }\n';
    writeFileSync(join(folder, "list.yaml"), list);
    const { status, stdout } = run("audit", "--repositories", "list.yaml", "-f", "markdown");
    expect(stdout).toMatch(/\| invoicing \| billing \| [1-9]/);
    expect(stdout).toContain("| \\<lost\\> | nobody | no report<br>nowhere.sarif cannot be read |");
    expect(status).toBe(0);
  });

  it("says what is wrong with the list", () => {
    writeFileSync(join(folder, "list.yaml"), "repositories: [{ name: a }]\n");
    const { status, stderr } = run("audit", "--repositories", "list.yaml");
    expect([status, stderr]).toEqual([2, expect.stringContaining("repositories[0] needs 'name' and 'sarif'")]);
  });
});

describe("html", () => {
  it("escapes whatever is not its own", () => {
    expect(html`<a title="${`"'\`<>&\u202e`}">${[html`<b>${"<i>"}</b>`]}</a>`.markup).toBe(
      '<a title="&quot;&#39;&#96;&lt;&gt;&amp;\ufffd"><b>&lt;i&gt;</b></a>',
    );
  });
});
