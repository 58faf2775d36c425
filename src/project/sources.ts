/** From a name in a manifest to the listed sources that it means. */

const BUILT_EXTENSION = /(?:\.d)?\.(?:[cm]?[jt]sx?)$/;
const SOURCE_EXTENSIONS = [".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs"];

/** The listed sources that a name can stand for: as it is, with another extension, or as a folder's index. */
export function existing(path: string, files: ReadonlySet<string>): string[] {
  const stem = path.replace(BUILT_EXTENSION, "");
  const hasExtension = stem !== path;
  const names = hasExtension
    ? [...SOURCE_EXTENSIONS.slice(0, 4).map((extension) => stem + extension), path]
    : SOURCE_EXTENSIONS.flatMap((extension) => [stem + extension, `${stem === "" ? "" : `${stem}/`}index${extension}`]);
  return [...new Set(names)].filter((name) => files.has(name));
}
