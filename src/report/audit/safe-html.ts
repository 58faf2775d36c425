/** HTML by a tagged template that escapes everything it is given, except what it made itself. */

/** Markup that is safe to insert. */
export class SafeHtml {
  constructor(readonly markup: string) {}
}

type Part = string | number | SafeHtml | readonly SafeHtml[];

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
  "`": "&#96;",
};

/** Text for any place between tags or in a quoted attribute; characters that reorder or hide text become visible. */
export function escaped(text: string): string {
  return (
    text
      // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
      .replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g, "\ufffd")
      .replace(/[&<>"'`]/g, (char) => ENTITIES[char] ?? char)
  );
}

function markupOf(part: Part): string {
  if (part instanceof SafeHtml) return part.markup;
  if (typeof part === "object") return part.map((one) => one.markup).join("");
  return escaped(String(part));
}

/** `` html`<td>${text}</td>` ``: attributes must be quoted, and nothing may be put into a script or style element. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): SafeHtml {
  const markup = strings.map((text, index) => {
    const part = parts[index];
    return part === undefined ? text : text + markupOf(part);
  });
  return new SafeHtml(markup.join(""));
}
