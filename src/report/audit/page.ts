/** An audit as one HTML file that needs nothing else: no network, no other file. */
import type { AuditDocument, AuditSection, Cell } from "./document.js";
import { SCRIPT, STYLE } from "./page-assets.js";
import { html, SafeHtml } from "./safe-html.js";

/** Everything stands in the file itself, and nothing of it may load anything. */
const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/** Renders the page; ends with a line break. */
export function renderAuditPage(audit: AuditDocument): string {
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="color-scheme" content="light dark">
<title>${audit.title} ${audit.day}</title>
<style>${new SafeHtml(STYLE)}</style>
</head>
<body>
<header>
<h1>${audit.title}</h1>
<p class="facts">${[audit.day, `authgap ${audit.tool}`, ...audit.facts].join(" · ")}</p>
<nav>${audit.sections.map((section) => html`<a href="#${section.id}">${section.title} <small>${section.table.rows.length}</small></a> `)}</nav>
</header>
<main>
<ul class="figures">${audit.figures.map(
    ({ label, value, tone }) => html`<li class="${tone}"><b>${value}</b><span>${label}</span></li>`,
  )}</ul>
${audit.sections.map(sectionHtml)}
</main>
${new SafeHtml(`<script>${SCRIPT}</script>`)}
</body>
</html>
`;
  return page.markup;
}

function sectionHtml({ id, title, about, table }: AuditSection): SafeHtml {
  const head = html`<h2>${title} <small>${table.rows.length}</small></h2><p class="about">${about}</p>`;
  if (table.rows.length === 0) return html`<section id="${id}">${head}</section>\n`;
  return html`<section id="${id}">${head}
<input type="search" placeholder="Filter" aria-label="Filter ${title}">
<div class="scroll"><table>
<thead><tr>${table.columns.map(
    (column) => html`<th scope="col"><button type="button">${column}</button></th>`,
  )}</tr></thead>
<tbody>
${table.rows.map((row) => html`<tr>${row.map(cellHtml)}</tr>\n`)}</tbody>
</table></div></section>
`;
}

function cellHtml({ text, tone, lines }: Cell): SafeHtml {
  const small = lines.map((line) => html`<small>${breakable(line)}</small>`);
  const body = html`${breakable(text)}${small}`;
  return tone === "plain" ? html`<td>${body}</td>` : html`<td class="${tone}">${body}</td>`;
}

/** Paths break behind their slashes and before a line number, not in the middle of a name. */
function breakable(text: string): readonly SafeHtml[] {
  return text.split(/(?<=[\w\])}]\/)(?=\S)|(?=:\d+(?::\d+)?$)/).flatMap((part, index) => {
    const shown = html`${part}`;
    return index === 0 ? [shown] : [new SafeHtml("<wbr>"), shown];
  });
}
