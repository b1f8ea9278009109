/*
 * Makes an SQLite database of a Buildbot cluster whose master "blue" crashed ten and a half minutes ago:
 *   node examples/crashed-cluster/create.js /tmp/state.sqlite
 */
import { existsSync, readFileSync } from 'node:fs';
import Database from 'better-sqlite3';

const lastHeartbeatOfBlue = 1795277603; // in cluster.sql
const secondsSince = 635;
const secondsSinceGreen = 35;

/** Every column of a point in time. */
const times = {
  masters: ['last_active'],
  buildsets: ['submitted_at', 'complete_at'],
  buildrequests: ['submitted_at', 'complete_at'],
  buildrequest_claims: ['claimed_at'],
  builds: ['started_at', 'complete_at'],
  steps: ['started_at', 'complete_at'],
  sourcestamps: ['created_at'],
};

const [file] = process.argv.slice(2);
if (file === undefined || existsSync(file)) {
  console.error('Usage: node examples/crashed-cluster/create.js FILE   (of a file that is not there yet)');
  process.exit(2);
}

const database = new Database(file);
database.pragma('foreign_keys = OFF'); // as Buildbot has it
database.pragma('journal_mode = WAL');
database.exec(readFileSync(new URL('cluster.sql', import.meta.url), 'utf8'));
const now = Math.floor(Date.now() / 1000);
const later = now - secondsSince - lastHeartbeatOfBlue;
for (const [table, columns] of Object.entries(times)) {
  database.exec(`UPDATE ${table} SET ${columns.map((column) => `${column} = ${column} + ${later}`).join(', ')}`);
}
database.prepare('UPDATE masters SET last_active = ? WHERE name LIKE ?').run(now - secondsSinceGreen, '%green');
database.close();
