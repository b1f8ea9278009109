import { idOf, index, integer, nullable, serial, smallint, table, text } from './table.js';
import type { Table } from './table.js';

/** What tests in builds have said. */
export const testResultTables: readonly Table[] = [
  table(
    'test_result_sets',
    {
      id: serial,
      builderid: idOf('builders'),
      buildid: idOf('builds'),
      stepid: idOf('steps'),
      description: nullable(text),
      category: text,
      value_unit: text,
      tests_passed: nullable(integer),
      tests_failed: nullable(integer),
      complete: smallint,
    },
    [],
  ),
  table(
    'test_names',
    {
      id: serial,
      builderid: idOf('builders'),
      name: text,
    },
    [index('test_names_name', 'builderid', 'name')],
  ),
  table(
    'test_code_paths',
    {
      id: serial,
      builderid: idOf('builders'),
      path: text,
    },
    [index('test_code_paths_path', 'builderid', 'path')],
  ),
  table(
    'test_results',
    {
      id: serial,
      builderid: idOf('builders'),
      test_result_setid: idOf('test_result_sets'),
      test_nameid: nullable(idOf('test_names')),
      test_code_pathid: nullable(idOf('test_code_paths')),
      line: nullable(integer),
      duration_ns: nullable(integer),
      value: text,
    },
    [],
  ),
];
