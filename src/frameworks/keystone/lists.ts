/** Names that Keystone gives the operations on a list. */

export interface ListNames {
  readonly query: readonly string[];
  readonly create: readonly string[];
  readonly update: readonly string[];
  readonly delete: readonly string[];
}

export function listNames(key: string, plural: string | null): ListNames {
  const one = `${key.charAt(0).toLowerCase()}${key.slice(1)}`;
  const many = plural === null ? pluralOf(one) : `${plural.charAt(0).toLowerCase()}${plural.slice(1)}`;
  const all = many === one ? [one] : [one, many];
  return { query: all, create: [`create${key}`], update: [`update${key}`], delete: [`delete${key}`] };
}

function pluralOf(word: string): string {
  if (/[^aeiou]y$/.test(word)) return `${word.slice(0, -1)}ies`;
  return /(?:s|x|z|ch|sh)$/.test(word) ? `${word}es` : `${word}s`;
}
