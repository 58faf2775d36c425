/** From the name of a built file to the sources it may have been built from. */

const OUTPUT = /^(?:dist|build|lib|out|esm|cjs|es|types|typings|generated|output)$/;
const FLAVOUR = /^(?:esm|cjs|es|types|typings|commonjs|module|server|client|node|browser)$/;

/**
 * The target itself, then where its source may lie: `dist/esm/x.js` → `dist/esm/x.js`, `src/esm/x.js`, `src/x.js`,
 * `esm/x.js`, `x.js`. Patterns with `*` keep it.
 */
export function builtFromSource(target: string): string[] {
  const parts = target.replace(/^\.\//, "").split("/");
  const found = [parts.join("/")];
  let rest = parts;
  let stripped = false;
  while (rest.length > 1 && isOutput(rest[0] ?? "", stripped)) {
    rest = rest.slice(1);
    stripped = true;
    const inner = rest[0] === "src" ? rest.slice(1) : rest;
    found.push(`src/${inner.join("/")}`, inner.join("/"));
  }
  return found;
}

function isOutput(part: string, stripped: boolean): boolean {
  return OUTPUT.test(part) || (stripped && FLAVOUR.test(part));
}
