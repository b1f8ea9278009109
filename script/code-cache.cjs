'use strict';

/* Run by script/bundle.ts: answers a command once and keeps what was compiled for it beside the program. */
const { readFileSync, renameSync, writeFileSync } = require('node:fs');
const path = require('node:path');
const Sqlite = require('better-sqlite3');
const { cacheOf, load } = require('../bin/load.js');

const root = path.dirname(__dirname);
const [, , output, database] = process.argv;

async function warmUp() {
  const schema = readFileSync(path.join(root, 'test', 'fixtures', '3.7.0', 'sqlite', 'fresh.schema.sql'), 'utf8');
  new Sqlite(database).exec(`${schema}; INSERT INTO alembic_version VALUES ('059')`).close();
  const file = path.join(root, output, 'main.cjs');
  const { exports: program, script } = load(file);
  process.argv = [process.execPath, 'bbctl', 'services', '--json', '--db', `sqlite:///${database}`];
  await program.main(root);
  // Whole or not at all, for a bbctl that starts meanwhile.
  writeFileSync(`${cacheOf(file)}.new`, script.createCachedData());
  renameSync(`${cacheOf(file)}.new`, cacheOf(file));
}

void warmUp();
