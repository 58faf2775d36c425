/** Writing report files so that nobody ever sees half of one. */
import { mkdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { UserError } from "../base/user-error.js";

/**
 * Writes beside the target under another name and then renames, since viewers reload as soon as the target changes.
 * Pipes and devices are written to directly.
 */
export function writeReport(path: string, shown: string, text: string): void {
  try {
    const existing = statSync(path, { throwIfNoEntry: false });
    if (existing?.isDirectory()) {
      throw new UserError("the report cannot be written: this is a folder", { where: shown, hint: "give a file name" });
    }
    if (existing && !existing.isFile()) {
      writeFileSync(path, text);
      return;
    }
    makeFolder(dirname(path));
    replaceFile(path, text);
  } catch (error) {
    if (error instanceof UserError) throw error;
    const reason = error instanceof Error ? error.message.replace(/^([A-Z]+: [^,]+).*$/s, "$1") : String(error);
    throw new UserError(`the report cannot be written: ${reason}`, { where: shown, hint: "check the folder's rights" });
  }
}

/** Step by step: in some file systems (`/proc`) Node's recursive form never comes back. */
function makeFolder(folder: string): void {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return;
  if (dirname(folder) !== folder) makeFolder(dirname(folder));
  mkdirSync(folder);
}

function replaceFile(path: string, text: string): void {
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);
  try {
    writeFileSync(temporary, text);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}
