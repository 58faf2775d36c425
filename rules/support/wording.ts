/** How rules put names and sentences together, so that every message reads alike. */

/** `'a'`, `'a' and 'b'`, `'a', 'b' and 4 more`. */
export function listed(names: readonly string[], most = 3): string {
  const shown = names.slice(0, most).map((name) => `'${name}'`);
  const rest = names.length - shown.length;
  if (rest > 0) return `${shown.join(", ")} and ${rest} more`;
  const last = shown.pop() ?? "";
  return shown.length === 0 ? last : `${shown.join(", ")} and ${last}`;
}

/** Joins what there is to say into ` One. Two.`, ready to stand after a first sentence; '' when there is nothing. */
export function sentences(parts: readonly string[]): string {
  return parts
    .map((part) => part.trim())
    .filter((part) => part !== "")
    .map((part) => ` ${part.charAt(0).toUpperCase()}${part.slice(1)}${/[.!?]$/.test(part) ? "" : "."}`)
    .join("");
}

/** `1 entry point`, `3 entry points`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
