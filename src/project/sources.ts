/** From the name of a built file to the sources it may have been built from. */

const OUTPUT = /^(?:dist|build|lib|out|esm|cjs|es|types|typings|generated|output)$/;
const FLAVOUR = /^(?:esm|cjs|es|types|typings|commonjs|module|server|client|node|browser)$/;
const BUILT_EXTENSION = /(?:\.d)?\.(?:[cm]?[jt]sx?)$/;
const SOURCE_EXTENSIONS = [".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs"];

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

/** The listed sources that a name can stand for: as it is, with another extension, or as a folder's index. */
export function existing(path: string, files: ReadonlySet<string>): string[] {
  const stem = path.replace(BUILT_EXTENSION, "");
  const hasExtension = stem !== path;
  const names = hasExtension
    ? [...SOURCE_EXTENSIONS.slice(0, 4).map((extension) => stem + extension), path]
    : SOURCE_EXTENSIONS.flatMap((extension) => [stem + extension, `${stem === "" ? "" : `${stem}/`}index${extension}`]);
  return [...new Set(names)].filter((name) => files.has(name));
}
