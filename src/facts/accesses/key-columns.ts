/** Columns by which rows are picked, or that say to which other one a row belongs. */
const KEY =
  /(?:^|[._])(?:id|ids|uuid|uid|key|slug|code|email|handle|username|token|hash)$|(?:Id|Ids|ID|Uid|Uuid|Key|Slug|Code|Email|Handle|Token|Hash|By)$/i;

export function isKey(column: string): boolean {
  return KEY.test(column);
}

/** and no code or name, which rows of different tenants may have in common */
const ID = /(?:^|[._])(?:_?id|ids|uuid|uid|key)$|(?:Id|Ids|ID|Uid|Uuid|Key)$/;

export function isId(column: string): boolean {
  return ID.test(column);
}
