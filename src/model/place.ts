/** A piece of source: file relative to the scan root's repository, POSIX separators, UTF-16 offsets. */
export interface Place {
  readonly file: string;
  readonly start: number;
  readonly end: number;
}

/** Lines and columns from 1, columns in UTF-16 units, end exclusive (SARIF 2.1.0 section 3.30). */
export interface Region {
  readonly startLine: number;
  readonly startColumn: number;
  readonly endLine: number;
  readonly endColumn: number;
}

export interface LocatedPlace {
  readonly file: string;
  readonly region: Region;
}
