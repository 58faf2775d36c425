/** Style and script of the audit page. Constant text: nothing of a scanned project is ever put into either. */

export const STYLE = `
:root { --text:#1c2430; --soft:#5b6675; --line:#d9dee6; --ground:#fff; --panel:#f5f7fa; --good:#1a7f4b; --bad:#b42318; --warn:#8a5a00; --link:#1f5fbf; }
@media (prefers-color-scheme: dark) {
  :root { --text:#e4e8ee; --soft:#9aa5b4; --line:#343c49; --ground:#14181f; --panel:#1c222c; --good:#5fd39a; --bad:#ff8b80; --warn:#f0bf5f; --link:#8db8ff; }
}
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; }
body { margin: 0; background: var(--ground); color: var(--text); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
header, main { max-width: 82rem; margin: 0 auto; padding: 1.5rem; }
header { padding-bottom: 0; }
h1 { margin: 0; font-size: 1.7rem; }
h2 { margin: 2.5rem 0 .25rem; font-size: 1.2rem; }
h2 small { color: var(--soft); font-weight: 400; }
a { color: var(--link); text-decoration: none; white-space: nowrap; margin-right: .9rem; }
a small { color: var(--soft); font-variant-numeric: tabular-nums; }
a:hover, a:focus-visible { text-decoration: underline; }
.facts, .about { margin: .25rem 0 .75rem; color: var(--soft); max-width: 60rem; overflow-wrap: anywhere; }
.figures { list-style: none; display: grid; grid-template-columns: repeat(auto-fit, minmax(12.5rem, 1fr)); gap: .75rem; padding: 0; margin: 0; }
.figures li { background: var(--panel); border: 1px solid var(--line); border-radius: .5rem; padding: .7rem .9rem; }
.figures b { display: block; font-size: 1.5rem; line-height: 1.2; font-variant-numeric: tabular-nums; }
.figures span { color: var(--soft); font-size: .85rem; }
.figures .good b, td.good { color: var(--good); } .figures .bad b, td.bad { color: var(--bad); }
.figures .warn b, td.warn { color: var(--warn); } .figures .dim b, td.dim { color: var(--soft); }
input { width: 18rem; max-width: 100%; padding: .35rem .6rem; margin-bottom: .5rem; color: inherit; background: var(--ground); border: 1px solid var(--line); border-radius: .35rem; font: inherit; }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: .5rem; }
table { border-collapse: collapse; width: 100%; font-size: .87rem; font-variant-numeric: tabular-nums; }
th { text-align: left; background: var(--panel); border-bottom: 1px solid var(--line); padding: 0; }
th button { all: unset; cursor: pointer; padding: .45rem .7rem; font-weight: 600; white-space: nowrap; }
th button:focus-visible { outline: 2px solid var(--link); outline-offset: -2px; }
th button::after { content: " \\2195"; color: var(--soft); opacity: .45; }
th[aria-sort] button::after { color: inherit; opacity: 1; }
th[aria-sort=ascending] button::after { content: " \\2191"; } th[aria-sort=descending] button::after { content: " \\2193"; }
td { padding: .4rem .7rem; border-top: 1px solid var(--line); vertical-align: top; overflow-wrap: break-word; max-width: 38rem; min-width: 4.5rem; }
#findings td:nth-child(4) { min-width: 24rem; } #findings td:nth-child(3), #routes td:nth-child(2) { min-width: 11rem; } #findings td:nth-child(3), #findings td:nth-child(6) { max-width: 16rem; } #routes td:nth-child(4) { min-width: 18rem; }
tbody tr:first-child td { border-top: 0; }
td small { display: block; color: var(--soft); }
tr[hidden] { display: none; }
tbody tr:hover td { background: var(--panel); }
@media print {
  :root { --text:#000; --soft:#444; --line:#bbb; --ground:#fff; --panel:#f2f2f2; --good:#0b5d33; --bad:#a01208; --warn:#6b4500; }
  body { font-size: 9.5pt; } header, main { max-width: none; padding: 0; } nav, input, th button::after { display: none; }
  .scroll { overflow: visible; border: 0; } thead { display: table-header-group; } tr { break-inside: avoid; } h2 { break-after: avoid; }
  @page { margin: 15mm; size: A4 landscape; }
}
`;

export const SCRIPT = `
const SEVERITIES = ["error", "warning", "note"];
for (const section of document.querySelectorAll("section")) {
  const body = section.querySelector("tbody");
  if (!body) continue;
  const rows = [...body.rows];
  const total = section.querySelector("h2 small");
  section.querySelector("input").addEventListener("input", (event) => {
    const words = event.target.value.toLowerCase().split(/\\s+/).filter(Boolean);
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
    }
    const shown = rows.filter((row) => !row.hidden).length;
    total.textContent = shown === rows.length ? rows.length : shown + " of " + rows.length;
  });
  const heads = [...section.querySelectorAll("th")];
  heads.forEach((head, column) => {
    head.firstElementChild.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      for (const other of heads) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const text = (row) => row.cells[column].firstChild?.textContent ?? "";
      const whole = (row) => row.cells[column].textContent;
      const rank = (row) => SEVERITIES.indexOf(text(row));
      const order = new Intl.Collator("en", { numeric: true });
      rows.sort((a, b) => (rank(a) - rank(b) || order.compare(whole(a), whole(b))) * (down ? -1 : 1));
      body.append(...rows);
    });
  });
}
`;
