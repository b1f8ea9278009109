import {
  hash,
  idOf,
  idOrNull,
  index,
  integer,
  nullable,
  serial,
  since,
  table,
  text,
  unique,
  varchar,
  withDefault,
} from './table.js';
import type { Table } from './table.js';

/** What is built: changes, and the states of a source that they lead to. */
export const sourceTables: readonly Table[] = [
  since(
    60,
    table(
      'projects',
      {
        id: serial,
        name: text,
        name_hash: hash,
        slug: varchar(50),
        description: nullable(text),
        description_format: nullable(text),
        description_html: nullable(text),
      },
      [unique('projects_name_hash', 'name_hash')],
    ),
  ),
  since(
    67,
    table(
      'codebases',
      {
        id: serial,
        projectid: idOf('projects'),
        name: text,
        name_hash: hash,
        slug: varchar(50),
      },
      [unique('codebases_projects_name_hash', 'projectid', 'name_hash')],
    ),
  ),
  since(
    67,
    table(
      'codebase_commits',
      {
        id: serial,
        codebaseid: idOf('codebases'),
        author: varchar(255),
        committer: nullable(varchar(255)),
        comments: text,
        when_timestamp: integer,
        revision: varchar(70),
        parent_commitid: idOrNull('codebase_commits'),
      },
      [unique('codebase_commits_unique', 'codebaseid', 'revision')],
    ),
  ),
  since(
    67,
    table(
      'codebase_branches',
      {
        id: serial,
        codebaseid: idOf('codebases'),
        name: varchar(255),
        name_hash: hash,
        commitid: idOrNull('codebase_commits'),
        last_timestamp: integer,
      },
      [unique('codebase_branches_unique', 'codebaseid', 'name_hash')],
    ),
  ),
  table(
    'patches',
    {
      id: serial,
      patchlevel: integer,
      patch_base64: text,
      patch_author: text,
      patch_comment: text,
      subdir: nullable(text),
    },
    [],
  ),
  table(
    'sourcestamps',
    {
      id: serial,
      ss_hash: hash,
      branch: nullable(varchar(256)),
      revision: nullable(varchar(256)),
      patchid: nullable(idOf('patches')),
      repository: withDefault('', varchar(512)),
      codebase: withDefault('', varchar(256)),
      project: withDefault('', varchar(512)),
      created_at: integer,
    },
    [unique('sourcestamps_ss_hash_key', 'ss_hash')],
  ),
  table(
    'changes',
    {
      changeid: serial,
      author: varchar(255),
      committer: nullable(varchar(255)),
      comments: text,
      branch: nullable(varchar(255)),
      revision: nullable(varchar(255)),
      revlink: nullable(varchar(256)),
      when_timestamp: integer,
      category: nullable(varchar(255)),
      repository: withDefault('', varchar(512)),
      codebase: withDefault('', varchar(256)),
      project: withDefault('', varchar(512)),
      sourcestampid: idOf('sourcestamps'),
      parent_changeids: idOrNull('changes', 'changeid'),
    },
    [
      index('changes_author', 'author'),
      index('changes_branch', 'branch'),
      index('changes_category', 'category'),
      index('changes_revision', 'revision'),
      index('changes_sourcestampid', 'sourcestampid'),
      index('changes_when_timestamp', 'when_timestamp'),
    ],
  ),
  table(
    'change_files',
    {
      changeid: idOf('changes', 'changeid'),
      filename: varchar(1024),
    },
    [index('change_files_changeid', 'changeid')],
  ),
  table(
    'change_properties',
    {
      changeid: idOf('changes', 'changeid'),
      property_name: varchar(256),
      property_value: text,
    },
    [index('change_properties_changeid', 'changeid')],
  ),
  table(
    'change_users',
    {
      changeid: idOf('changes', 'changeid'),
      uid: idOf('users', 'uid'),
    },
    [index('change_users_changeid', 'changeid')],
  ),
  table(
    'users',
    {
      uid: serial,
      identifier: varchar(255),
      bb_username: nullable(varchar(128)),
      bb_password: nullable(varchar(128)),
    },
    [unique('users_bb_user', 'bb_username'), unique('users_identifier', 'identifier')],
  ),
  table(
    'users_info',
    {
      uid: idOf('users', 'uid'),
      attr_type: varchar(128),
      attr_data: varchar(128),
    },
    [
      unique('users_info_attrs', 'attr_type', 'attr_data'),
      index('users_info_uid', 'uid'),
      unique('users_info_uid_attr_type', 'uid', 'attr_type'),
    ],
  ),
];
