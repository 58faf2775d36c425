/** Spellings of MySQL and SQLite that PostgreSQL's grammar refuses: what is read of them all the same. */
import { beforeAll, describe, expect, test } from "vitest";
import { loadSqlParser } from "../../src/frameworks/sql/parser.js";
import { rewritePlaceholders } from "../../src/frameworks/sql/placeholders.js";
import { parseRepaired } from "../../src/frameworks/sql/repair.js";

beforeAll(loadSqlParser);

const READ = [
  "SELECT SQL_CALC_FOUND_ROWS * FROM `a` FORCE INDEX (`x`) WHERE `t` = ? LIMIT ?, ?",
  "UPDATE `bookings` b JOIN `rooms` r ON r.id = b.room_id SET b.state = ? WHERE b.id = ? AND r.organization_id = ?",
  "UPDATE bookings INNER JOIN rooms ON rooms.id = bookings.room_id SET bookings.state = ?, bookings.x = 1 WHERE bookings.id = ?",
  "UPDATE a SET x = ? WHERE t = ? ORDER BY id LIMIT 10",
  "DELETE a FROM a INNER JOIN b ON b.id = a.b_id WHERE a.id = ? AND b.t = ?",
  "DELETE FROM a WHERE t = ? ORDER BY id LIMIT 10",
  "INSERT INTO a SET x = ?, y = NOW(), t = ?",
  "INSERT INTO a SET x = ?, t = ? ON DUPLICATE KEY UPDATE x = VALUES(x)",
  "INSERT INTO a (x, y) SELECT x, ? FROM b WHERE t = ? ON DUPLICATE KEY UPDATE y = VALUES(y)",
  "INSERT INTO a (x) VALUES (CURRENT_TIMESTAMP())",
  "REPLACE INTO a (x, t) VALUES (?, ?)",
  "SELECT * FROM a WHERE created > DATE_SUB(NOW(), INTERVAL ? DAY) AND t = ?",
  "SELECT * FROM a WHERE created > NOW() - INTERVAL 7 DAY AND t = ?",
  "SELECT GROUP_CONCAT(DISTINCT name ORDER BY name SEPARATOR ', ') FROM a WHERE t = ? GROUP BY b WITH ROLLUP",
  "SELECT * FROM a WHERE MATCH(title, body) AGAINST(? IN BOOLEAN MODE) AND t = ?",
  "SELECT * FROM a WHERE a <=> ? AND t = ?",
  "SELECT a.* FROM a, b WHERE a.b_id = b.id && b.t = ?",
  "SELECT CAST(x AS UNSIGNED), CONVERT(y USING utf8mb4) FROM a WHERE t = ? LOCK IN SHARE MODE",
  "SELECT * FROM a LEFT JOIN b USING (id) WHERE a.name REGEXP ? AND a.t = ?",
  "SELECT * FROM a WHERE name = 'it\\'s' AND t = ?",
  "SELECT x, @r := @r + 1 FROM a WHERE t = ?",
  "SELECT * FROM a WHERE t IS ? AND name GLOB ?",
  "SELECT * FROM a INDEXED BY ix WHERE t = ?",
  'SELECT * FROM a WHERE name = "" AND t = ?',
];

describe("is read", () => {
  test.each(READ)("%s", (text) => {
    const read = parseRepaired(rewritePlaceholders(text).text);
    expect(read).toHaveProperty("statements");
    // nothing had to be taken out for it
    expect(read).toHaveProperty("spliced", []);
  });
});

test("SQLite's numbered placeholders name their values", () => {
  const { text, originals } = rewritePlaceholders("SELECT * FROM a WHERE t = ?2 AND id = ?1 AND u = ?2");
  expect(text).toBe("SELECT * FROM a WHERE t = $1 AND id = $2 AND u = $1");
  expect(originals).toEqual(["", "$2", "$1"]);
});
