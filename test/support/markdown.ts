/** Fenced blocks of a rule's page, by the section they stand in. */

export interface Block {
  readonly file: string;
  readonly text: string;
}

/** The lines of one `## ` section, without its heading; '' when there is none. */
export function sectionOf(page: string, heading: string): string {
  const lines = page.split("\n");
  const start = lines.findIndex((line) => line.trim() === `## ${heading}`);
  if (start < 0) return "";
  const length = lines.slice(start + 1).findIndex((line) => line.startsWith("## "));
  return lines.slice(start + 1, length < 0 ? undefined : start + 1 + length).join("\n");
}

/** Projects in a section: a `### ` heading, or a file that was there already, begins the next one. */
export function projectsOf(section: string): Record<string, string>[] {
  const projects: Record<string, string>[] = [];
  for (const part of section.split(/^### .*$/m)) {
    let project: Record<string, string> = {};
    for (const block of blocksOf(part)) {
      if (Object.hasOwn(project, block.file)) {
        projects.push(project);
        project = {};
      }
      project[block.file] = block.text;
    }
    if (Object.keys(project).length > 0) projects.push(project);
  }
  return projects;
}

function blocksOf(section: string): Block[] {
  const blocks: Block[] = [];
  for (const match of section.matchAll(/^```(\w+)([^\n]*)\n([\s\S]*?)^```\s*$/gm)) {
    const file = /\bfile=(\S+)/.exec(match[2] ?? "")?.[1];
    if (file !== undefined) blocks.push({ file, text: match[3] ?? "" });
  }
  return blocks;
}
