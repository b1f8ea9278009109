import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from './settings.js';

const schemaRevision = '059';

export interface SchemaScript {
  tables: string;
  /** Keys and indexes, which are much quicker to make when the rows are there. */
  indexes: string;
}

export function readFixture(path: string): string {
  const file = join(projectRoot, 'test/fixtures', path);
  if (!existsSync(file)) throw new Error(`${file} is missing`);
  return readFileSync(file, 'utf8');
}

export function readPostgresSchema(): SchemaScript {
  const sql = withoutPsqlCommands(readFixture('3.7.0/pg/fresh.schema.sql'));
  const firstKey = sql.search(/^-- Name: .*; Type: CONSTRAINT;/m);
  return { tables: sql.slice(0, firstKey) + stampRevision('public.alembic_version'), indexes: sql.slice(firstKey) };
}

/** The tables as Buildbot makes them on MariaDB, with the foreign keys that it makes wherever there can be some. */
export function readInnodbSchema(): { tables: string; foreignKeys: string[] } {
  const sql = readFixture('3.7.0/mariadb/fresh.schema.sql').replaceAll('ENGINE=MyISAM', 'ENGINE=InnoDB');
  const pattern = /ALTER TABLE ONLY public\.(\w+)\s+(ADD CONSTRAINT \w+ FOREIGN KEY \(\w+\) REFERENCES )public\.(.*);/g;
  const keys = readFixture('3.7.0/pg/fresh.schema.sql').matchAll(pattern);
  return {
    tables: sql + stampRevision('alembic_version'),
    foreignKeys: [...keys].map(([, table, constraint, parent]) => `ALTER TABLE ${table} ${constraint}${parent}`),
  };
}

export function readSqliteSchema(): SchemaScript {
  const isIndex = (statement: string): boolean => /^\s*CREATE (UNIQUE )?INDEX/.test(statement);
  const statements = readFixture('3.7.0/sqlite/fresh.schema.sql').split(/;\n/);
  return {
    tables: joinStatements(statements.filter((s) => !isIndex(s))) + stampRevision('alembic_version'),
    indexes: joinStatements(statements.filter(isIndex)),
  };
}

/** `\restrict` and its like are for psql alone. */
function withoutPsqlCommands(sql: string): string {
  return sql.replace(/^\\.*$/gm, '');
}

function stampRevision(table: string): string {
  return `\nINSERT INTO ${table} (version_num) VALUES ('${schemaRevision}');\n`;
}

function joinStatements(statements: string[]): string {
  return statements.map((s) => s.trim()).filter(Boolean).map((s) => `${s};\n`).join(''); // prettier-ignore
}
